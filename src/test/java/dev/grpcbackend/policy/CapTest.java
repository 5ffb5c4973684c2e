package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Promise;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the size of a message and the time of a call are held to, for each method. */
@Timeout(120)
class CapTest {

  private static final String HELLO = "/helloworld.Greeter/SayHello";
  private static final String LANGUAGES = "/helloworld.Greeter/SayHelloInManyLanguages";
  private static final String SMALL = "limit helloworld.Greeter/* to 64 bytes per message";

  @SuppressWarnings("NullAway.Init")
  private Path policy;

  @SuppressWarnings("NullAway.Init")
  private TestServer server;

  /** Each makes a request of a message. */
  private enum Form {
    GRPC(HELLO, "application/grpc"),
    GRPC_STREAM(LANGUAGES, "application/grpc"),
    GRPC_GZIP(HELLO, "application/grpc") {
      @Override
      ByteString body(HelloRequest message) {
        return GrpcFrames.gzipped(message);
      }

      @Override
      RequestFields request() {
        return super.request().and("grpc-encoding", "gzip");
      }
    },
    GRPC_WEB_TEXT(HELLO, "application/grpc-web-text") {
      @Override
      ByteString body(HelloRequest message) {
        byte[] frame = GrpcFrames.message(message).toByteArray();
        return ByteString.copyFrom(Base64.getEncoder().encode(frame));
      }

      @Override
      String answer(RawResponse response) {
        return new String(
            Base64.getMimeDecoder().decode(response.body().toByteArray()),
            java.nio.charset.StandardCharsets.UTF_8);
      }
    },
    CONNECT(HELLO, "application/proto") {
      @Override
      ByteString body(HelloRequest message) {
        return message.toByteString();
      }
    },
    CONNECT_GZIP(HELLO, "application/proto") {
      @Override
      ByteString body(HelloRequest message) {
        return GrpcFrames.gzip(message.toByteString());
      }

      @Override
      RequestFields request() {
        return super.request().and("content-encoding", "gzip");
      }
    },
    CONNECT_STREAM(LANGUAGES, "application/connect+proto"),
    REST("/v1/greeter", "application/json") {
      @Override
      ByteString body(HelloRequest message) {
        return ByteString.copyFromUtf8("{\"name\":\"" + message.getName() + "\"}");
      }
    };

    private final String path;
    private final String contentType;

    Form(String path, String contentType) {
      this.path = path;
      this.contentType = contentType;
    }

    ByteString body(HelloRequest message) {
      return GrpcFrames.message(message);
    }

    RequestFields request() {
      return RequestFields.post(path, contentType).and("te", "trailers");
    }

    String answer(RawResponse response) {
      return response.trailer("grpc-message").orElse("") + response.body().toStringUtf8();
    }
  }

  @BeforeEach
  void create(@TempDir Path folder) {
    policy = folder.resolve("policy.yaml");
  }

  @AfterEach
  void close() {
    server.close();
  }

  private void start(String... limits) throws Exception {
    write(limits);
    server = TestServer.start(
        TestServer.OPTIONS
            .withServices(new ServerOptions.Services(List.of(), true, true, false, false))
            .withPolicy(new PolicyFile(policy.toString(), Duration.ofMillis(20))),
        builder -> builder
            .service(new GreeterService())
            .method(
                "test.Waiting/Wait",
                HelloRequest.class,
                HelloReply.class,
                ServerCalls.unary(
                    (request, call) -> Promise.<HelloReply>promise().future())));
  }

  private void write(String... limits) throws Exception {
    StringBuilder text = new StringBuilder("rules:\n- allow * to anyone\nlimits:\n");
    for (String limit : limits) {
      text.append("- ").append(limit).append('\n');
    }
    Files.writeString(policy, text.toString());
  }

  private String answer(Form form, int nameLength) {
    HelloRequest message =
        HelloRequest.newBuilder().setName("a".repeat(nameLength)).build();
    try (RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      return form.answer(peer.request(form.request(), form.body(message)).response());
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesLargerMessagesInEachProtocol(Form form) throws Exception {
    start(SMALL, "limit * to 1000 bytes per message");
    assertThat(answer(form, 40)).contains("a".repeat(40)).doesNotContain("exceeds");
    assertThat(answer(form, 80)).contains("the limit of 64 bytes").doesNotContain("a".repeat(80));
  }

  @Test
  void neverRaisesWhatHoldsForTheServer() throws Exception {
    start("limit * to 900000000 bytes per message");
    try (RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawResponse response = peer.request(
              RequestFields.grpc(HELLO), GrpcFrames.prefix(0, 5_000_000))
          .response();
      assertThat(response.grpcMessage())
          .isEqualTo("message of 5000000 bytes exceeds the limit of 4194304 bytes");
    }
  }

  @Test
  void takesANewSizeWhenThePolicyIsReadAgain() throws Exception {
    start(SMALL);
    assertThat(answer(Form.GRPC, 80)).contains("exceeds the limit of 64 bytes");
    write("limit helloworld.Greeter/* to 90 bytes per message");
    while (answer(Form.GRPC, 80).contains("exceeds")) {
      Thread.onSpinWait();
    }
    assertThat(answer(Form.GRPC, 100)).contains("exceeds the limit of 90 bytes");
  }

  private int statusOf(RequestFields request) {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      return peer.request(request, GrpcFrames.message(HelloRequest.getDefaultInstance()))
          .response()
          .grpcStatus()
          .orElseThrow();
    }
  }

  @Test
  void closesWithDeadlineExceededAtTheTimeOfTheMethod() throws Exception {
    start("limit test.Waiting/Wait to 50ms per call", "limit * to 3600s per call");
    assertThat(statusOf(RequestFields.grpc("/test.Waiting/Wait"))).isEqualTo(4);
    assertThat(statusOf(RequestFields.grpc("/test.Waiting/Wait").and("grpc-timeout", "1H")))
        .isEqualTo(4);
  }

  @Test
  void leavesWatchesOpenUnlessTheyAreNamed() throws Exception {
    start("limit * to 1ms per call", "limit test.Waiting/Wait to 50ms per call");
    try (RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      var watch = peer.request(
          RequestFields.grpc("/grpc.health.v1.Health/Watch"),
          GrpcFrames.frame(0, ByteString.EMPTY));
      assertThat(statusOf(RequestFields.grpc("/test.Waiting/Wait"))).isEqualTo(4);
      watch.body(7);
      peer.ping();
      assertThat(watch.soFar().grpcStatus()).isEmpty();
    }
  }

  @Test
  void endsWatchesThatAreNamed() throws Exception {
    start("limit grpc.health.v1.Health/Watch to 50ms per call");
    assertThat(statusOf(RequestFields.grpc("/grpc.health.v1.Health/Watch"))).isEqualTo(4);
  }
}
