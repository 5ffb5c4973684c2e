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
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule for what a server sends, against an HTTP/2 server that keeps to it or breaks it. */
@Timeout(120)
class ResponseRulesTest {

  private final ScriptedServer server = new ScriptedServer();

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void takesStatusMessageAndMetadataFromTheTrailers() throws Exception {
    StatusException failure = server.failure(response -> {
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
    StatusException failure = server.failure(response -> response
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
    StatusException failure = server.failure(response -> response
        .putHeader("content-type", "application/grpc")
        .putHeader("grpc-status", "0")
        .putTrailer("grpc-status", "9")
        .end());

    assertThat(failure.code()).isEqualTo(GrpcStatus.FAILED_PRECONDITION);
  }

  @Test
  void ignoresTheStatusOfTheHeadWhenMessagesFollow() throws Exception {
    StatusException failure = server.failure(response -> response
        .putHeader("content-type", "application/grpc")
        .putHeader("grpc-status", "9")
        .end(message("Ada")));

    assertThat(failure.getMessage()).isEqualTo("INTERNAL: response ended without trailers");
  }

  @Test
  void prefersTheGrpcStatusToTheHttpStatus() throws Exception {
    assertThat(server
            .failure(response -> response
                .setStatusCode(404)
                .putHeader("content-type", "application/grpc")
                .putHeader("grpc-status", "5")
                .end())
            .code())
        .isEqualTo(GrpcStatus.NOT_FOUND);
    assertThat(server
            .failure(response -> response
                .setStatusCode(503)
                .putHeader("content-type", "application/grpc")
                .putTrailer("grpc-status", "8")
                .end("overload"))
            .code())
        .isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
    assertThat(server
            .failure(response -> response
                .setStatusCode(503)
                .putHeader("content-type", "application/grpc")
                .putHeader("grpc-status", "8")
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
    "431, UNKNOWN",
    "502, UNAVAILABLE",
    "503, UNAVAILABLE",
    "504, UNAVAILABLE",
    "418, UNKNOWN",
    "500, UNKNOWN",
    "200, UNKNOWN"
  })
  void mapsTheHttpStatusOfAResponseThatIsNotGrpc(int http, GrpcStatus expected) throws Exception {
    StatusException failure = server.failure(response ->
        response.setStatusCode(http).putHeader("content-type", "text/html").end("<html>"));

    assertThat(failure.code()).isEqualTo(expected);
    assertThat(failure.status().description()).contains("" + http, "text/html");
  }

  @Test
  void doesNotWaitForTheEndOfABodyThatIsNotGrpc() throws Exception {
    StatusException failure = server.failure(response -> response
        .setStatusCode(502)
        .putHeader("content-type", "text/html")
        .write("an error page that never ends"));

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void skipsInformationalResponses() throws Exception {
    HelloReply reply = await(server.call(request -> {
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
    HelloReply reply = await(server.call(request -> {
      request.response().putHeader("content-type", contentType).write(message("Ada"));
      request.response().putTrailer("grpc-status", "0").end();
    }));

    assertThat(reply).isEqualTo(hello("Ada"));
  }

  @Test
  void refusesAnAnswerInAnotherFormat() throws Exception {
    StatusException failure = server.failure(response -> {
      response.putHeader("content-type", "application/grpc+json").write(message("Ada"));
      response.putTrailer("grpc-status", "0").end();
    });

    assertThat(failure.code()).isEqualTo(GrpcStatus.INTERNAL);
  }

  @Test
  void reportsUnknownForTrailersWithoutStatus() throws Exception {
    assertThat(server
            .failure(response -> {
              grpc(response).write(message("Ada"));
              response.putTrailer("other", "x").end();
            })
            .code())
        .isEqualTo(GrpcStatus.UNKNOWN);
    assertThat(server.failure(response -> grpc(response).end()).code())
        .isEqualTo(GrpcStatus.UNKNOWN);
  }

  @Test
  void reportsInternalForAnEndWithoutTrailers() throws Exception {
    StatusException failure = server.failure(response -> grpc(response).end(message("Ada")));

    assertThat(failure.code()).isEqualTo(GrpcStatus.INTERNAL);
    assertThat(failure.status().description()).contains("without trailers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"99", "17", "-1", "abc", "", "0x5", "005"})
  void reportsUnknownForAStatusThatIsNone(String value) throws Exception {
    StatusException failure = server.failure(response -> response
        .putHeader("content-type", "application/grpc")
        .putHeader("grpc-status", value)
        .end());

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNKNOWN);
    assertThat(failure.status().description()).contains("grpc-status: " + value);
  }

  @Test
  void ignoresMalformedDetailsAndKeepsTheStatus() throws Exception {
    for (String details : new String[] {"!!!", "/////w"}) {
      StatusException failure = server.failure(response -> response
          .putHeader("content-type", "application/grpc")
          .putHeader("grpc-status", "3")
          .putHeader("grpc-message", "bad name")
          .putHeader("grpc-status-details-bin", details)
          .putHeader("reason", "kept")
          .end());

      assertThat(failure.getMessage()).isEqualTo("INVALID_ARGUMENT: bad name");
      assertThat(RichStatus.of(failure)).isNull();
      assertThat(failure.trailers().get("reason")).isEqualTo("kept");
    }
  }

  @Test
  void reportsInternalForABinaryHeaderThatIsNotBase64() throws Exception {
    StatusException failure = server.failure(response -> {
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
    assertThat(server.failure(response -> response.reset(code)).code()).isEqualTo(expected);
    assertThat(server
            .failure(response ->
                grpc(response).write(message("Ada")).onComplete(written -> response.reset(code)))
            .code())
        .isEqualTo(expected);
  }

  @Test
  void reportsUnavailableWithTheAddressWhenTheConnectionCloses() throws Exception {
    StatusException failure =
        failureOf(server.call(request -> request.connection().close()));

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(failure.status().description()).contains("127.0.0.1:");
  }

  @Test
  void sendsTheHeadersOfTheProtocol() throws Exception {
    Promise<HttpServerRequest> seen = Promise.promise();
    Channel channel = server.channel(request -> {
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

  @Test
  void sendsNothingOfACallThatWasCancelledWhileItConnected() throws Exception {
    Promise<HttpServerRequest> first = Promise.promise();
    Channel channel = server.channel(request -> {
      first.tryComplete(request);
      answer(request.response(), "Ada");
    });
    ClientCall<?, HelloReply> call = channel.call(Greeters.SAY_HELLO);
    call.context().runOnContext(turn -> {
      call.halfClose();
      call.cancel();
    });
    await(channel
        .with(CallOptions.DEFAULTS.withHeader("second", "yes"))
        .unary(Greeters.SAY_HELLO, name("x")));

    assertThat(await(first.future()).getHeader("second")).isEqualTo("yes");
  }
}
