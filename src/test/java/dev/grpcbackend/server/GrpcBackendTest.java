package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.proto.helloworld.GreeterGrpcService;
import dev.grpcbackend.proto.helloworld.GreeterService;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.WebResponse;
import io.grpc.ManagedChannel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.Service;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class GrpcBackendTest {

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(Patience.SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void answersAsTheRequestHandlerOfAnyHttpServer() throws Exception {
    GrpcBackend backend = GrpcBackend.create(vertx).add(process());
    int port = listen(vertx.createHttpServer(http2()).requestHandler(backend));

    Response response = call(
        port,
        "Service/Process",
        Request.newBuilder().setText("hola").build(),
        Response.getDefaultInstance());

    assertThat(response.getText()).isEqualTo("hola");
  }

  @Test
  void answersBehindAVertxWebRoute() throws Exception {
    GrpcBackend backend = GrpcBackend.create(vertx).add(process());
    Router router = Router.router(vertx);
    router.route("/Service/*").handler(context -> backend.handle(context.request()));
    int port = listen(vertx.createHttpServer(http2()).requestHandler(router));

    Response response = call(
        port,
        "Service/Process",
        Request.newBuilder().setText("web").build(),
        Response.getDefaultInstance());

    assertThat(response.getText()).isEqualTo("web");
  }

  @Test
  void servesAGeneratedStubUnchanged() throws Exception {
    GreeterService greeter = new GreeterService() {
      @Override
      public Future<HelloReply> sayHello(HelloRequest request) {
        return Future.succeededFuture(
            HelloReply.newBuilder().setMessage("Hello " + request.getName()).build());
      }
    };
    GrpcBackend backend = GrpcBackend.create(vertx).addService(GreeterGrpcService.of(greeter));
    int port = listen(vertx.createHttpServer(http2()).requestHandler(backend));

    HelloReply reply = call(
        port,
        "helloworld.Greeter/SayHello",
        HelloRequest.newBuilder().setName("Ada").build(),
        HelloReply.getDefaultInstance());

    assertThat(reply.getMessage()).isEqualTo("Hello Ada");
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/grpc", "application/proto"})
  void readsCompressedRequestsByADecoderOfTheUsersOwn(String contentType) {
    ServiceMethod<String, Response> own = ServiceMethod.server(
        ServiceName.create("Service"), "Process", GrpcMessageEncoder.encoder(), new Letters());
    Service service = Service.service(
            own.serviceName(), Request.getDescriptor().getFile().findServiceByName("Service"))
        .bind(
            own,
            request -> request.handler(letters ->
                request.response().end(Response.newBuilder().setText(letters).build())))
        .build();
    Request request = Request.newBuilder().setText("A".repeat(100)).build();
    try (TestServer server = TestServer.start(builder -> builder.service(service));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      boolean grpc = contentType.equals("application/grpc");
      String path = "/Service/Process";
      WebResponse response = WebResponse.of(peer.request(
              grpc
                  ? RequestFields.grpc(path).and("grpc-encoding", "gzip")
                  : RequestFields.post(path, contentType).and("content-encoding", "gzip"),
              grpc ? GrpcFrames.gzipped(request) : GrpcFrames.gzip(request.toByteString()))
          .response());
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body().toStringUtf8()).contains("read 102 bytes");
    }
  }

  /** Says how long a message is. */
  private static final class Letters implements GrpcMessageDecoder<String> {
    @Override
    public String decode(GrpcMessage message) {
      return "read " + message.payload().length() + " bytes";
    }

    @Override
    public boolean accepts(WireFormat format) {
      return format == WireFormat.PROTOBUF;
    }
  }

  @Test
  void handsMethodsThatNobodyRegisteredToTheFallbackAsBytes() throws Exception {
    GrpcBackend backend = GrpcBackend.create(vertx)
        .add(process())
        .callHandler(request -> request.handler(bytes -> request.response().end(bytes.copy())));
    int port = listen(vertx.createHttpServer(http2()).requestHandler(backend));

    Response echoed = call(
        port,
        "not.Registered/Method",
        Request.newBuilder().setText("raw").build(),
        Response.getDefaultInstance());
    Response known = call(
        port,
        "Service/Process",
        Request.newBuilder().setText("known").build(),
        Response.getDefaultInstance());

    assertThat(echoed.getText()).isEqualTo("raw");
    assertThat(known.getText()).isEqualTo("known");
  }

  private static BoundMethod<Request, Response> process() {
    return BoundMethod.of(
        "Service/Process",
        Request.class,
        Response.class,
        ServerCalls.unary((request, call) -> Future.succeededFuture(
            Response.newBuilder().setText(request.getText()).build())));
  }

  private static HttpServerOptions http2() {
    return new HttpServerOptions().setPort(0).setHost("127.0.0.1");
  }

  private static int listen(HttpServer server) throws Exception {
    return server
        .listen()
        .toCompletionStage()
        .toCompletableFuture()
        .get(Patience.SECONDS, TimeUnit.SECONDS)
        .actualPort();
  }

  private static <Req extends com.google.protobuf.Message, Resp extends com.google.protobuf.Message>
      Resp call(int port, String method, Req request, Resp empty) {
    ManagedChannel channel = GrpcJava.channel(port);
    try {
      return GrpcJava.unary(channel, method, request, empty);
    } finally {
      channel.shutdownNow();
    }
  }
}
