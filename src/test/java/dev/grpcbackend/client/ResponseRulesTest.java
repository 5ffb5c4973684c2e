package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule for what a server sends, against an HTTP/2 server that keeps to it or breaks it. */
@Timeout(20)
class ResponseRulesTest {

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  @Test
  void takesStatusMessageAndMetadataFromTheTrailers() throws Exception {
    StatusException failure = failure(response -> {
      response.putHeader("content-type", "application/grpc").write(message("x"));
      response
          .putTrailer("grpc-status", "5")
          .putTrailer("grpc-message", "no 100%25 match + na%C3%AFve %zz")
          .putTrailer("reason", "gone")
          .end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.NOT_FOUND);
    assertThat(failure.status().description()).isEqualTo("no 100% match + naïve %zz");
    assertThat(failure.trailers().get("reason")).isEqualTo("gone");
  }

  @Test
  void takesTheStatusFromTheHeadOfATrailersOnlyResponse() throws Exception {
    StatusException failure = failure(response -> response
        .putHeader("content-type", "application/grpc")
        .putHeader("grpc-status", "7")
        .putHeader("grpc-message", "not you")
        .putHeader("reason", "policy")
        .end());

    assertThat(failure.getMessage()).isEqualTo("PERMISSION_DENIED: not you");
    assertThat(failure.trailers().get("reason")).isEqualTo("policy");
  }

  @Test
  void prefersTheStatusOfTheTrailersToThatOfTheHead() throws Exception {
    StatusException failure = failure(response -> response
        .putHeader("content-type", "application/grpc")
        .putHeader("grpc-status", "0")
        .putTrailer("grpc-status", "9")
        .end());

    assertThat(failure.code()).isEqualTo(GrpcStatus.FAILED_PRECONDITION);
  }

  @Test
  void prefersTheGrpcStatusToTheHttpStatus() throws Exception {
    assertThat(failure(response -> response
                .setStatusCode(404)
                .putHeader("content-type", "application/grpc")
                .putHeader("grpc-status", "5")
                .end())
            .code())
        .isEqualTo(GrpcStatus.NOT_FOUND);
    assertThat(failure(response -> response
                .setStatusCode(503)
                .putHeader("content-type", "application/grpc")
                .putTrailer("grpc-status", "8")
                .end("overload"))
            .code())
        .isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
  }

  @ParameterizedTest
  @CsvSource({
    "400, INTERNAL",
    "401, UNAUTHENTICATED",
    "403, PERMISSION_DENIED",
    "404, UNIMPLEMENTED",
    "429, UNAVAILABLE",
    "431, INTERNAL",
    "502, UNAVAILABLE",
    "503, UNAVAILABLE",
    "504, UNAVAILABLE",
    "418, UNKNOWN",
    "500, UNKNOWN",
    "200, UNKNOWN"
  })
  void mapsTheHttpStatusOfAResponseThatIsNotGrpc(int http, GrpcStatus expected) throws Exception {
    StatusException failure = failure(response ->
        response.setStatusCode(http).putHeader("content-type", "text/html").end("<html>"));

    assertThat(failure.code()).isEqualTo(expected);
    assertThat(failure.status().description()).contains("" + http, "text/html");
  }

  @Test
  void doesNotWaitForTheEndOfABodyThatIsNotGrpc() throws Exception {
    StatusException failure = failure(response -> response
        .setStatusCode(502)
        .putHeader("content-type", "text/html")
        .write("an error page that never ends"));

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void skipsInformationalResponses() throws Exception {
    HelloReply reply = await(call(request -> {
      request.response().writeContinue();
      answer(request.response(), "Ada");
    }));

    assertThat(reply).isEqualTo(hello("Ada"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/grpc+proto",
        "APPLICATION/GRPC",
        "application/grpc; charset=utf-8",
        "application/grpc+proto;x=y"
      })
  void acceptsEveryFormOfTheContentType(String contentType) throws Exception {
    HelloReply reply = await(call(request -> {
      request.response().putHeader("content-type", contentType).write(message("Ada"));
      request.response().putTrailer("grpc-status", "0").end();
    }));

    assertThat(reply).isEqualTo(hello("Ada"));
  }

  @Test
  void refusesAnAnswerInAnotherFormat() throws Exception {
    StatusException failure = failure(response -> {
      response.putHeader("content-type", "application/grpc+json").write(message("Ada"));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.INTERNAL);
  }

  @Test
  void reportsUnknownForTrailersWithoutStatus() throws Exception {
    assertThat(failure(response -> {
              grpc(response).write(message("Ada"));
              response.putTrailer("other", "x").end();
            })
            .code())
        .isEqualTo(GrpcStatus.UNKNOWN);
    assertThat(failure(response -> grpc(response).end()).code()).isEqualTo(GrpcStatus.UNKNOWN);
  }

  @Test
  void reportsInternalForAnEndWithoutTrailers() throws Exception {
    StatusException failure = failure(response -> grpc(response).end(message("Ada")));

    assertThat(failure.code()).isEqualTo(GrpcStatus.INTERNAL);
    assertThat(failure.status().description()).contains("without trailers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"99", "17", "-1", "abc", "", "0x5", "005"})
  void reportsUnknownForAStatusThatIsNone(String value) throws Exception {
    StatusException failure = failure(response -> response
        .putHeader("content-type", "application/grpc")
        .putHeader("grpc-status", value)
        .end());

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNKNOWN);
    assertThat(failure.status().description()).contains("grpc-status: " + value);
  }

  @Test
  void ignoresMalformedDetailsAndKeepsTheStatus() throws Exception {
    for (String details : new String[] {"!!!", "/////w"}) {
      StatusException failure = failure(response -> response
          .putHeader("content-type", "application/grpc")
          .putHeader("grpc-status", "3")
          .putHeader("grpc-message", "bad name")
          .putHeader("grpc-status-details-bin", details)
          .putHeader("reason", "kept")
          .end());

      assertThat(failure.getMessage()).isEqualTo("INVALID_ARGUMENT: bad name");
      assertThat(StatusDetails.of(failure)).isNull();
      assertThat(failure.trailers().get("reason")).isEqualTo("kept");
    }
  }

  @Test
  void reportsUnimplementedForOkWithoutMessage() throws Exception {
    StatusException failure = failure(response -> {
      grpc(response).putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.getMessage())
        .isEqualTo("UNIMPLEMENTED: method requires exactly one response message, got 0");
  }

  @Test
  void reportsUnimplementedForTwoMessages() throws Exception {
    StatusException failure = failure(response -> {
      grpc(response)
          .write(Buffer.buffer().appendBuffer(message("Ada")).appendBuffer(message("Bob")));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
  }

  @Test
  void reportsInternalForAnEncodingItDoesNotKnow() throws Exception {
    StatusException failure = failure(response -> {
      grpc(response).putHeader("grpc-encoding", "br").write(message("Ada"));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.getMessage())
        .isEqualTo("INTERNAL: grpc-encoding: br (expected: identity, gzip)");
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
    StatusException failure = failure(response -> {
      grpc(response);
      if (!encoding.isEmpty()) {
        response.putHeader("grpc-encoding", encoding);
      }
      response.write(Buffer.buffer(java.util.HexFormat.of().parseHex(hex)));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.INTERNAL);
  }

  @Test
  void cancelsACallWhoseMessageIsOverTheLimit() throws Exception {
    Promise<Throwable> reset = Promise.promise();
    StatusException failure = failureOf(call(request -> {
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

    StatusException failure = failure(response -> {
      grpc(response).putHeader("grpc-encoding", "gzip").write(frame);
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
  }

  @Test
  void reportsInternalForABinaryHeaderThatIsNotBase64() throws Exception {
    StatusException failure = failure(response -> {
      grpc(response).putHeader("token-bin", "%%%").write(message("Ada"));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.getMessage()).isEqualTo("INTERNAL: metadata token-bin is not base64");
  }

  @ParameterizedTest
  @CsvSource({
    "0, INTERNAL",
    "1, INTERNAL",
    "2, INTERNAL",
    "3, INTERNAL",
    "4, INTERNAL",
    "5, INTERNAL",
    "6, INTERNAL",
    "7, UNAVAILABLE",
    "8, CANCELLED",
    "9, INTERNAL",
    "10, INTERNAL",
    "11, RESOURCE_EXHAUSTED",
    "12, PERMISSION_DENIED",
    "13, INTERNAL",
    "99, INTERNAL"
  })
  void mapsTheCodeOfAReset(int code, GrpcStatus expected) throws Exception {
    assertThat(failure(response -> response.reset(code)).code()).isEqualTo(expected);
    assertThat(failure(response ->
                grpc(response).write(message("Ada")).onComplete(written -> response.reset(code)))
            .code())
        .isEqualTo(expected);
  }

  @Test
  void reportsUnavailableWithTheAddressWhenTheConnectionCloses() throws Exception {
    StatusException failure = failureOf(call(request -> request.connection().close()));

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(failure.status().description()).contains("127.0.0.1:");
  }

  @Test
  void deliversTheMessagesBeforeTheFailureOfAStream() throws Exception {
    Method<HelloRequest, HelloReply> method = Greeters.MANY_LANGUAGES;
    Channel channel = channel(request -> {
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
    Channel channel = channel(request -> {
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

  @Test
  void sendsTheHeadersOfTheProtocol() throws Exception {
    Promise<HttpServerRequest> seen = Promise.promise();
    Channel channel = channel(request -> {
      seen.complete(request);
      answer(request.response(), "Ada");
    });
    await(channel
        .with(CallOptions.DEFAULTS
            .withTimeout(java.time.Duration.ofSeconds(15))
            .withMetadata(new Metadata()
                .add("x-request-id", "7")
                .add(Metadata.Key.binary("token-bin"), new byte[] {1, 2, 3, 4})))
        .unary(Greeters.SAY_HELLO, name("x")));
    HttpServerRequest request = await(seen.future());

    assertThat(request.method().name()).isEqualTo("POST");
    assertThat(request.uri()).isEqualTo("/helloworld.Greeter/SayHello");
    assertThat(request.getHeader("te")).isEqualTo("trailers");
    assertThat(request.getHeader("content-type")).isEqualTo("application/grpc");
    assertThat(request.getHeader("grpc-accept-encoding")).isEqualTo("gzip");
    assertThat(request.getHeader("grpc-encoding")).isNull();
    assertThat(request.getHeader("user-agent")).startsWith("vertx-grpc-backend");
    assertThat(request.getHeader("grpc-timeout")).matches("1[0-9]{7}u");
    assertThat(request.getHeader("x-request-id")).isEqualTo("7");
    assertThat(request.getHeader("token-bin")).isEqualTo("AQIDBA");
    assertThat(request.getHeader("transfer-encoding")).isNull();
  }

  /** Calls a unary method whose server answers as {@code script} says; expects it to fail. */
  private StatusException failure(Handler<HttpServerResponse> script) throws Exception {
    return failureOf(call(request -> script.handle(request.response())));
  }

  private static StatusException failureOf(Future<?> call) {
    return catchThrowableOfType(StatusException.class, () -> await(call));
  }

  private Future<HelloReply> call(Handler<HttpServerRequest> script) throws Exception {
    return channel(script).unary(Greeters.SAY_HELLO, name("x"));
  }

  private Channel channel(Handler<HttpServerRequest> script) throws Exception {
    int port = await(vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .requestHandler(script)
            .listen())
        .actualPort();
    return Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + port));
  }

  private static void answer(HttpServerResponse response, String name) {
    grpc(response).write(message(name));
    response.putTrailer("grpc-status", "0").end();
  }

  private static HttpServerResponse grpc(HttpServerResponse response) {
    return response.putHeader("content-type", "application/grpc");
  }

  private static Buffer message(String name) {
    MessageFramer framer = new MessageFramer();
    framer.append(Marshaller.of(HelloReply.class), hello(name), false);
    return framer.take();
  }
}
