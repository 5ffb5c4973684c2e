package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Future;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Every call is seen once, by whatever protocol it came and whatever became of it. */
class CallObserverTest {

  private static final String HELLO = "/helloworld.Greeter/SayHello";
  private static final HelloRequest REQUEST =
      HelloRequest.newBuilder().setName("Ada").build();
  private static final HelloReply REPLY =
      HelloReply.newBuilder().setMessage("Hello Ada").build();
  private static final String IN = "1 of " + REQUEST.getSerializedSize();
  private static final String OUT = "1 of " + REPLY.getSerializedSize();

  /** Notes a line for each call at its end: protocol, method, messages and bytes, status. */
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  private final CallObserver observer = head -> new CallTracer() {
    @Override
    public void closed(ObservedCall call, Status status) {
      seen.add(line(call) + ", " + status);
    }
  };

  private static String line(ObservedCall call) {
    return call.head().protocol() + " " + call.methodName() + ", in " + call.receivedMessages()
        + " of " + call.receivedBytes() + ", out " + call.sentMessages() + " of "
        + call.sentBytes();
  }

  @Test
  void seesCallsOfAllProtocols() throws Exception {
    String method = " helloworld.Greeter/SayHello, in ";
    ByteString json = ByteString.copyFromUtf8("{\"name\":\"Ada\"}");
    withServer(server -> {}, peer -> {
      peer.request(RequestFields.grpc(HELLO), GrpcFrames.message(REQUEST)).response();
      peer.request(RequestFields.post(HELLO, "application/grpc-web"), GrpcFrames.message(REQUEST))
          .response();
      peer.request(RequestFields.post(HELLO, "application/proto"), REQUEST.toByteString())
          .response();
      peer.request(RequestFields.post("/v1/greeter", "application/json"), json).response();
    });
    assertThat(next()).isEqualTo("grpc" + method + IN + ", out " + OUT + ", OK");
    assertThat(next()).isEqualTo("grpc-web" + method + IN + ", out " + OUT + ", OK");
    assertThat(next()).isEqualTo("connect" + method + IN + ", out " + OUT + ", OK");
    assertThat(next())
        .isEqualTo("rest" + method + "1 of " + json.size() + ", out 1 of "
            + "{\"message\":\"Hello Ada\"}".length() + ", OK");
    assertThat(seen).isEmpty();
  }

  @Test
  void seesEachMessageWithItsSizeOnTheWireAndInflated() throws Exception {
    HelloRequest large = HelloRequest.newBuilder().setName("a".repeat(5_000)).build();
    ByteString compressed = GrpcFrames.gzipped(large);
    CallObserver messages = head -> new CallTracer() {
      @Override
      public void received(ObservedCall call, int wireBytes, int bytes) {
        seen.add("in " + wireBytes + " " + bytes);
      }

      @Override
      public void sent(ObservedCall call, int wireBytes, int bytes) {
        seen.add("out " + (wireBytes < bytes) + " " + bytes);
      }
    };
    withServer(
        server -> server.observe(messages),
        peer -> peer.request(
                RequestFields.grpc(HELLO)
                    .and("grpc-encoding", "gzip")
                    .and("grpc-accept-encoding", "gzip"),
                compressed)
            .response());
    assertThat(next()).isEqualTo("in " + (compressed.size() - 5) + " " + large.getSerializedSize());
    assertThat(next())
        .isEqualTo("out true "
            + HelloReply.newBuilder()
                .setMessage("Hello " + large.getName())
                .build()
                .getSerializedSize());
  }

  @Test
  void seesCallsThatReachNoHandler() throws Exception {
    ServerInterceptor refusing = new ServerInterceptor() {
      @Override
      public <Q, P> Future<Void> intercept(ServerCall<Q, P> call, ServerCallHandler<Q, P> next) {
        return Future.failedFuture(Status.UNAUTHENTICATED.asException());
      }
    };
    withServer(server -> server.intercept(refusing), peer -> {
      peer.request(RequestFields.grpc(HELLO), GrpcFrames.message(REQUEST)).response();
      peer.openAndEnd(RequestFields.grpc("/no.Such/Method?token=secret")).response();
      peer.openAndEnd(RequestFields.grpc(HELLO).with("grpc-timeout", "soon")).response();
      peer.openAndEnd(RequestFields.grpc(HELLO).with(":method", "PUT")).response();
      peer.openAndEnd(RequestFields.grpc(HELLO).and("large", "x".repeat(9_000))).response();
      peer.request(RequestFields.post(HELLO, "application/xml"), ByteString.EMPTY)
          .response();
      peer.openAndEnd(RequestFields.get("/v1/nowhere?token=secret")).response();
    });
    assertThat(next())
        .isEqualTo("grpc helloworld.Greeter/SayHello, in 0 of 0, out 0 of 0, UNAUTHENTICATED");
    assertThat(next()).startsWith("grpc no.Such/Method, in 0 of 0, out 0 of 0, UNIMPLEMENTED: ");
    assertThat(next()).startsWith("grpc helloworld.Greeter/SayHello").contains(", INTERNAL: ");
    assertThat(next()).endsWith(", UNKNOWN: HTTP 405");
    assertThat(next()).startsWith("grpc ").contains(", RESOURCE_EXHAUSTED: metadata of ");
    assertThat(next()).startsWith("connect ").endsWith(", UNKNOWN: HTTP 415");
    assertThat(next()).startsWith("rest v1/nowhere, ").contains(", NOT_FOUND: ");
    assertThat(seen).isEmpty();
  }

  @Test
  void seesCallsThatTheCallerLeaves() throws Exception {
    withServer(server -> {}, peer -> {
      peer.open(RequestFields.grpc("/helloworld.Greeter/Chat"))
          .data(GrpcFrames.message(REQUEST))
          .headerBlocks(1);
      peer.abort();
    });
    assertThat(next()).startsWith("grpc helloworld.Greeter/Chat, in 1").contains(", CANCELLED: ");
  }

  @Test
  void harmsNoCallWhenItThrows() throws Exception {
    CallObserver failing = call -> {
      throw new IllegalStateException("of the observer");
    };
    CallObserver failingLater = head -> new CallTracer() {
      @Override
      public void received(ObservedCall call, int wireBytes, int bytes) {
        throw new IllegalStateException("of the tracer");
      }
    };
    for (CallObserver broken : new CallObserver[] {failing, failingLater}) {
      try (TestServer server =
              TestServer.start(builder -> builder.observe(broken).service(new GreeterService()));
          RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
        assertThat(peer.request(RequestFields.grpc(HELLO), GrpcFrames.message(REQUEST))
                .response()
                .messages())
            .containsExactly(GrpcFrames.message(REPLY));
      }
    }
  }

  private void withServer(
      Consumer<GrpcServerVerticle.Builder> setUp, Consumer<RawHttp2Peer> calls) {
    try (TestServer server = TestServer.start(builder -> {
          setUp.accept(builder.observe(observer).service(new GreeterService()));
        });
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      calls.accept(peer);
    }
  }

  private String next() throws InterruptedException {
    String line = seen.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(line).as("the next call").isNotNull();
    return line;
  }
}
