package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static dev.grpcbackend.client.ScriptedServer.answer;
import static dev.grpcbackend.client.ScriptedServer.failureOf;
import static dev.grpcbackend.client.ScriptedServer.grpc;
import static dev.grpcbackend.client.ScriptedServer.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules for the messages of a response, against a server that breaks them. */
@Timeout(120)
class ResponseMessagesTest {

  private final ScriptedServer server = new ScriptedServer();

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void reportsUnimplementedForOkWithoutMessage() throws Exception {
    StatusException failure = server.failure(response -> {
      grpc(response).putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.getMessage())
        .isEqualTo("UNIMPLEMENTED: method requires exactly one response message, got 0");
  }

  @Test
  void reportsUnimplementedForTwoMessages() throws Exception {
    StatusException failure = server.failure(response -> {
      grpc(response)
          .write(Buffer.buffer().appendBuffer(message("Ada")).appendBuffer(message("Bob")));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
  }

  @ParameterizedTest(name = "after {0} bytes")
  @ValueSource(ints = {3, 7})
  void reportsInternalForAMessageThatIsCutOffAndKeepsTheConnection(int bytes) throws Exception {
    List<HttpConnection> connections = new CopyOnWriteArrayList<>();
    Channel channel = server.channel(request -> {
      connections.add(request.connection());
      grpc(request.response())
          .write(connections.size() == 1 ? message("Ada").slice(0, bytes) : message("Ada"));
      request.response().putTrailer("grpc-status", "0").end();
    });

    assertThat(failureOf(channel.unary(Greeters.SAY_HELLO, name("x"))).code())
        .isEqualTo(GrpcStatus.INTERNAL);
    assertThat(await(channel.unary(Greeters.SAY_HELLO, name("x")))).isEqualTo(hello("Ada"));
    assertThat(connections).hasSize(2).containsOnly(connections.get(0));
  }

  @Test
  void reportsInternalForAnEncodingItDoesNotKnow() throws Exception {
    StatusException failure = server.failure(response -> {
      grpc(response).putHeader("grpc-encoding", "br").write(message("Ada"));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.getMessage())
        .isEqualTo("INTERNAL: grpc-encoding: br (expected: identity, gzip)");
  }

  @Test
  void cancelsACallWhoseMessageIsOverTheLimit() throws Exception {
    Promise<Throwable> reset = Promise.promise();
    StatusException failure = failureOf(server.call(request -> {
      request.response().exceptionHandler(reset::tryComplete);
      // 0xFFFFFFFF bytes are announced, none is sent.
      grpc(request.response()).write(Buffer.buffer(new byte[] {0, -1, -1, -1, -1}));
    }));

    assertThat(failure.code()).isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
    assertThat(failure.status().description()).contains("4294967295", "4194304");
    assertThat(await(reset.future()))
        .isInstanceOfSatisfying(
            StreamResetException.class, by -> assertThat(by.getCode()).isEqualTo(8));
  }

  @Test
  void boundsWhatAMessageInflatesTo() throws Exception {
    MessageFramer bomb = new MessageFramer();
    bomb.append(Marshaller.of(HelloReply.class), hello("a".repeat(5 << 20)), true);
    Buffer frame = bomb.take();
    assertThat(frame.length()).isLessThan(100_000);

    StatusException failure = server.failure(response -> {
      grpc(response).putHeader("grpc-encoding", "gzip").write(frame);
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
  }

  @Test
  void deliversTheMessagesBeforeTheFailureOfAStream() throws Exception {
    Method<HelloRequest, HelloReply> method = Greeters.MANY_LANGUAGES;
    Channel channel = server.channel(request -> {
      grpc(request.response())
          .write(Buffer.buffer().appendBuffer(message("Ada")).appendBuffer(message("Bob")));
      request.response().putTrailer("grpc-status", "10").end();
    });
    Promise<String> outcome = Promise.promise();
    StringBuilder seen = new StringBuilder();
    channel
        .serverStreaming(method, name("x"))
        .exceptionHandler(failure -> outcome.complete(seen + failure.getMessage()))
        .endHandler(end -> outcome.fail("ended as if OK"))
        .handler(reply -> seen.append(reply.getMessage()).append(", "));

    assertThat(await(outcome.future())).isEqualTo("Hello Ada, Hello Bob, ABORTED");
  }

  @Test
  void acceptsAnEarlyEndOfTheServerWhileItIsStillSending() throws Exception {
    Promise<Throwable> reset = Promise.promise();
    Channel channel = server.channel(request -> {
      request.exceptionHandler(reset::tryComplete);
      answer(request.response(), "early");
    });
    ClientCall<HelloRequest, HelloReply> call = channel.call(Greeters.TO_ALL);
    call.send(name("Ada"));

    assertThat(await(call.response())).isEqualTo(hello("early"));
    assertThat(catchThrowableOfType(StatusException.class, () -> await(call.send(name("Bob"))))
            .code())
        .isEqualTo(GrpcStatus.CANCELLED);
    assertThat(await(reset.future()))
        .isInstanceOfSatisfying(
            StreamResetException.class, by -> assertThat(by.getCode()).isZero());
  }

  @ParameterizedTest
  @CsvSource({
    // a compressed message without an encoding, with identity; bad flags; no gzip; no protobuf
    "'', 0100000001FF",
    "identity, 0100000001FF",
    "'', 0200000000",
    "gzip, 0100000001FF",
    "'', 0000000001FF",
    // the end inside a prefix and inside a payload
    "'', 000000",
    "'', 00000000050A",
  })
  void reportsInternalForAMessageThatIsNone(String encoding, String hex) throws Exception {
    StatusException failure = server.failure(response -> {
      grpc(response);
      if (!encoding.isEmpty()) {
        response.putHeader("grpc-encoding", encoding);
      }
      response.write(Buffer.buffer(java.util.HexFormat.of().parseHex(hex)));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.INTERNAL);
  }
}
