package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.web.Word;
import io.vertx.core.Future;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However a path is spelled, and whatever protocol asks: nobody without a key starts a handler. */
@Timeout(120)
class BypassTest {

  private static final String HELLO = "/helloworld.Greeter/SayHello";
  private static final String LANGUAGES = "/helloworld.Greeter/SayHelloInManyLanguages";
  private static final HelloRequest ADA =
      HelloRequest.newBuilder().setName("Ada").build();
  private static final ByteString JSON = ByteString.copyFromUtf8("{\"name\":\"Ada\"}");
  private static final AtomicInteger STARTED = new AtomicInteger();

  /** Each makes another spelling of a path. Some mean the same, most mean nothing. */
  private static final List<UnaryOperator<String>> SPELLINGS = List.of(
      path -> path,
      path -> "/" + path,
      path -> path + "/",
      path -> "/." + path,
      path -> "/x/.." + path,
      path -> "/grpc.health.v1.Health/.." + path,
      path -> "/grpc.health.v1.Health/Check/../.." + path,
      path -> "/grpc.health.v1.Health/Check/..%2f.." + path,
      path -> "/grpc.health.v1.Health/Check?" + path,
      path -> "/grpc.health.v1.Health/Check;" + path,
      path -> path.substring(1),
      path -> "http://localhost" + path,
      path -> "http://localhost/grpc.health.v1.Health/Check/../.." + path,
      path -> path + "?/grpc.health.v1.Health/Check",
      path -> path + "#/grpc.health.v1.Health/Check",
      path -> path + ";a=/grpc.health.v1.Health/Check",
      path -> path + "?x-api-key=",
      path -> path + "%00",
      path -> path + "%20",
      path -> path + ".",
      path -> path + "\\",
      path -> path.replaceFirst("(?<=.)/", "%2F"),
      path -> path.replaceFirst("(?<=.)/", "%2f"),
      path -> path.replaceFirst("(?<=.)/", "//"),
      path -> path.replaceFirst("(?<=.)/", "/./"),
      path -> path.replaceFirst("(?<=.)/", "\\\\"),
      path -> path.replaceFirst("(?<=.)/", "%c0%af"),
      path -> path.replaceFirst("e", "%65"),
      path -> path.replaceFirst("e", "%2565"),
      path -> path.replaceFirst("e", "%EF%BD%85"),
      path -> path.replaceFirst("e", "E"),
      path -> path.toLowerCase(java.util.Locale.ROOT),
      path -> path.toUpperCase(java.util.Locale.ROOT));

  /** How a method is asked for. */
  private enum Protocol {
    GRPC(HELLO, "application/grpc", GrpcFrames.message(ADA)),
    GRPC_JSON(HELLO, "application/grpc+json", GrpcFrames.frame(0, JSON)),
    GRPC_STREAM(LANGUAGES, "application/grpc", GrpcFrames.message(ADA)),
    GRPC_WEB(HELLO, "application/grpc-web+proto", GrpcFrames.message(ADA)),
    GRPC_WEB_TEXT(
        HELLO,
        "application/grpc-web-text",
        ByteString.copyFrom(Base64.getEncoder().encode(GrpcFrames.message(ADA).toByteArray()))),
    CONNECT(HELLO, "application/proto", ADA.toByteString()),
    CONNECT_JSON(HELLO, "application/json", JSON),
    CONNECT_STREAM(LANGUAGES, "application/connect+json", GrpcFrames.frame(0, JSON)),
    CONNECT_GET("/web.testing.Lookup/Find", "", ByteString.EMPTY) {
      @Override
      RequestFields request(String path) {
        String message = "encoding=json&message=%7B%22text%22%3A%22Ada%22%7D&connect=v1";
        return RequestFields.get(path + (path.contains("?") ? "&" : "?") + message);
      }
    },
    REST_GET("/v1/greeter/Ada", "", ByteString.EMPTY) {
      @Override
      RequestFields request(String path) {
        return RequestFields.get(path);
      }
    },
    REST_POST("/v1/greeter", "application/json", JSON),
    REST_STREAM("/v1/greeter/Ada/languages", "", ByteString.EMPTY) {
      @Override
      RequestFields request(String path) {
        return RequestFields.get(path).with("accept", "text/event-stream");
      }
    };

    private final String path;
    private final String contentType;
    private final ByteString body;

    Protocol(String path, String contentType, ByteString body) {
      this.path = path;
      this.contentType = contentType;
      this.body = body;
    }

    RequestFields request(String spelled) {
      return RequestFields.post(spelled, contentType).and("te", "trailers");
    }

    boolean hasHttp1() {
      return !name().startsWith("GRPC") || name().startsWith("GRPC_WEB");
    }
  }

  @SuppressWarnings("NullAway.Init")
  private static TestServer server;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    Path policy = Files.writeString(folder.resolve("policy.yaml"), GuardedServer.KEYS + """
              rules:
              - allow grpc.health.v1.Health/* to anyone
              - allow helloworld.Greeter/* to role:staff
              - allow web.testing.Lookup/Find to role:staff
              """);
    ServerInterceptor counts = new ServerInterceptor() {
      @Override
      public <Req, Resp> Future<Void> intercept(
          ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
        if (!call.method().service().equals("grpc.health.v1.Health")) {
          STARTED.incrementAndGet();
        }
        return next.handle(call);
      }
    };
    server = TestServer.start(
        TestServer.OPTIONS
            .withServices(new ServerOptions.Services(List.of(), true, false, false, false))
            .withPolicy(new PolicyFile(policy.toString(), Duration.ZERO)),
        builder -> builder
            .service(new GreeterService())
            .method(
                "web.testing.Lookup/Find",
                Word.class,
                Word.class,
                ServerCalls.unary((word, call) -> Future.succeededFuture(word)))
            .intercept(counts));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void forget() {
    STARTED.set(0);
  }

  private static List<RequestFields> spelled(Protocol protocol) {
    List<RequestFields> requests = new ArrayList<>();
    for (UnaryOperator<String> spelling : SPELLINGS) {
      RequestFields request = protocol.request(spelling.apply(protocol.path));
      requests.add(request);
      // What proxies and frameworks take in place of the path or the verb.
      requests.add(request
          .and("x-original-url", "/grpc.health.v1.Health/Check")
          .and("x-rewrite-url", "/grpc.health.v1.Health/Check")
          .and("x-forwarded-for", "127.0.0.1")
          .and("x-http-method-override", "OPTIONS"));
    }
    return requests;
  }

  private static void send(Protocol protocol, RequestFields request) {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      peer.request(request, protocol.body).response();
    } catch (UncheckedIOException | AssertionError ended) {
      assertThat(ended).as("%s", request.value(":path")).hasMessageContaining("end");
    }
    if (protocol.hasHttp1()) {
      try (RawHttp1Peer peer = RawHttp1Peer.connect(server.port())) {
        (protocol.body.isEmpty() ? peer.head(request) : peer.request(request, protocol.body))
            .response();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void startsNoHandlerForWhoHasNoKey(Protocol protocol) {
    for (RequestFields request : spelled(protocol)) {
      send(protocol, request);
      assertThat(STARTED).as("%s", request.value(":path")).hasValue(0);
      send(protocol, request.and("x-api-key", "bob-key"));
      assertThat(STARTED).as("%s of bob", request.value(":path")).hasValue(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void startsItForWhoHasOne(Protocol protocol) {
    send(protocol, protocol.request(protocol.path).and("x-api-key", "ada-key"));
    assertThat(STARTED).hasValue(protocol.hasHttp1() ? 2 : 1);
  }

  @Test
  void triesMoreThanAThousandWays() {
    int ways = 0;
    for (Protocol protocol : Protocol.values()) {
      ways += spelled(protocol).size() * (protocol.hasHttp1() ? 2 : 1);
    }
    assertThat(ways).isGreaterThan(1_000);
  }
}
