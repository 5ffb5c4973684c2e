package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.testing.FakeClock;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.transport.Cut;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A server whose clock stands still unless the test moves it, and whose handlers wait. */
final class LifeServer implements AutoCloseable {

  static final RequestFields HELLO = RequestFields.grpc("/life.Test/Hello");
  static final RequestFields UNARY = RequestFields.grpc("/life.Test/Unary");
  static final RequestFields BIDI = RequestFields.grpc("/life.Test/Bidi");
  static final RequestFields STREAM = RequestFields.grpc("/life.Test/Stream");

  private static final Duration LOOK = Duration.ofSeconds(2);

  private final FakeClock clock = new FakeClock();
  private final BlockingQueue<Started> started = new LinkedBlockingQueue<>();
  private final TestServer server;

  /** One call that waits; {@code reply} lets its handler succeed or fail. */
  record Started(
      ServerCall<HelloRequest, HelloReply> call,
      Promise<HelloReply> reply,
      Future<Status> cancelled) {}

  LifeServer(ServerOptions options, Consumer<GrpcServerVerticle.Builder> more) {
    server = TestServer.start(options, builder -> {
      builder
          .clock(clock)
          .method(method(
              HELLO,
              ServerCalls.unary((request, call) -> Future.succeededFuture(
                  HelloReply.newBuilder().setMessage(request.getName()).build()))))
          .method(method(UNARY, ServerCalls.unary((request, call) -> hold(call))))
          .method(method(BIDI, ServerCalls.bidi((requests, call) -> hold(call).mapEmpty())))
          .method(method(
              STREAM, ServerCalls.serverStreaming((one, call) -> hold(call).mapEmpty())));
      more.accept(builder);
    });
  }

  LifeServer(ServerOptions options) {
    this(options, none -> {});
  }

  LifeServer() {
    this(TestServer.OPTIONS);
  }

  static BoundMethod<HelloRequest, HelloReply> method(
      RequestFields fields, ServerCalls.Shaped<HelloRequest, HelloReply> handler) {
    return BoundMethod.of(
        fields.value(":path").substring(1), HelloRequest.class, HelloReply.class, handler);
  }

  RawHttp2Peer connect() {
    return RawHttp2Peer.connect(port());
  }

  int port() {
    return server.port();
  }

  GrpcServerVerticle verticle() {
    return server.verticle();
  }

  /** Lets time go by, with a look at the connections every two seconds. */
  void pass(Duration time) {
    await(verticle().lookAtConnections());
    Duration left = time;
    while (left.compareTo(LOOK) > 0) {
      stop(LOOK);
      left = left.minus(LOOK);
    }
    stop(left);
  }

  /** Lets time go by in which nobody looks at the connections. */
  void stop(Duration time) {
    clock.advance(time);
    await(verticle().lookAtConnections());
  }

  void passSeconds(int seconds) {
    pass(Duration.ofSeconds(seconds));
  }

  /** Waits until the server has that many connections. */
  void awaitConnections(int count) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(8);
    int seen = await(verticle().lookAtConnections());
    while (seen != count) {
      if (System.nanoTime() > end) {
        throw new AssertionError(seen + " connections (expected: " + count + ")");
      }
      seen = await(verticle().lookAtConnections());
    }
  }

  /** Waits for the next call to reach its handler. */
  Started next() {
    try {
      Started next = started.poll(Patience.SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("no handler was started");
      }
      return next;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  Map<Cut, Long> cuts() {
    return verticle().cuts();
  }

  @Override
  public void close() {
    server.close();
  }

  private Future<HelloReply> hold(ServerCall<HelloRequest, HelloReply> call) {
    Promise<HelloReply> reply = Promise.promise();
    started.add(new Started(call, reply, call.cancelled()));
    return reply.future();
  }
}
