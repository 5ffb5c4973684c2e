package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static dev.grpcbackend.client.ScriptedServer.answer;
import static dev.grpcbackend.client.ScriptedServer.failureOf;
import static dev.grpcbackend.client.ScriptedServer.grpc;
import static dev.grpcbackend.client.ScriptedServer.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.helloworld.HelloReply;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a server does wrong in one call, the others of the connection live on. */
@Timeout(120)
class BadServerTest {

  private final ScriptedServer server = new ScriptedServer();

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  /** An answer, and the status that is made of it. */
  private enum Answer {
    HTML(
        GrpcStatus.UNAVAILABLE,
        response ->
            response.setStatusCode(503).putHeader("content-type", "text/html").end("<html>")),
    HTML_WITHOUT_END(
        GrpcStatus.UNKNOWN,
        response -> response.putHeader("content-type", "text/html").write("<html>")),
    STATUS_THAT_IS_NONE(GrpcStatus.UNKNOWN, response -> {
      grpc(response).write(message("Ada"));
      response.putTrailer("grpc-status", "abc").end();
    }),
    NO_STATUS(GrpcStatus.UNKNOWN, response -> {
      grpc(response).write(message("Ada"));
      response.putTrailer("other", "x").end();
    }),
    NO_TRAILERS(GrpcStatus.INTERNAL, response -> grpc(response).end(message("Ada"))),
    TWO_MESSAGES(GrpcStatus.UNIMPLEMENTED, response -> {
      grpc(response)
          .write(Buffer.buffer().appendBuffer(message("Ada")).appendBuffer(message("Bob")));
      response.putTrailer("grpc-status", "0").end();
    }),
    NO_MESSAGE(
        GrpcStatus.UNIMPLEMENTED,
        response -> grpc(response).putTrailer("grpc-status", "0").end()),
    MESSAGE_OVER_THE_LIMIT(
        GrpcStatus.RESOURCE_EXHAUSTED,
        response -> grpc(response).write(Buffer.buffer(new byte[] {0, 1, 0, 0, 0}))),
    MESSAGE_CUT_OFF(GrpcStatus.INTERNAL, response -> {
      grpc(response).write(message("Ada").slice(0, 7));
      response.putTrailer("grpc-status", "0").end();
    }),
    MESSAGE_THAT_IS_NONE(GrpcStatus.INTERNAL, response -> {
      grpc(response).write(Buffer.buffer(new byte[] {0, 0, 0, 0, 1, -1}));
      response.putTrailer("grpc-status", "0").end();
    }),
    RESET(GrpcStatus.INTERNAL, response -> response.reset(2));

    private final GrpcStatus status;

    @SuppressWarnings("ImmutableEnumChecker") // the functions have no state
    private final Handler<HttpServerResponse> script;

    Answer(GrpcStatus status, Handler<HttpServerResponse> script) {
      this.status = status;
      this.script = script;
    }
  }

  @ParameterizedTest
  @EnumSource
  void failsOneCallAndLeavesTheOthersOfTheConnectionAlone(Answer bad) throws Exception {
    List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
    Channel channel = server.channel(request -> {
      requests.add(request);
      switch (requests.size()) {
        case 1 -> {
          // Answered when the bad one is over.
        }
        case 2 -> bad.script.handle(request.response());
        default -> answer(request.response(), "Bob");
      }
    });
    Future<HelloReply> before = channel.unary(Greeters.SAY_HELLO, name("x"));
    while (requests.isEmpty()) {
      Thread.onSpinWait();
    }

    assertThat(failureOf(channel.unary(Greeters.SAY_HELLO, name("x"))).code())
        .isEqualTo(bad.status);

    Future<HelloReply> after = channel.unary(Greeters.SAY_HELLO, name("x"));
    assertThat(await(after)).isEqualTo(hello("Bob"));
    HttpServerResponse late = requests.get(0).response();
    answer(late, "Ada");
    assertThat(await(before)).isEqualTo(hello("Ada"));
    List<HttpConnection> connections =
        requests.stream().map(HttpServerRequest::connection).toList();
    assertThat(connections).hasSize(3).containsOnly(connections.get(0));
  }
}
