package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.service.Health;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.LogLines;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.grpc.ManagedChannel;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class WatchdogTest {

  private static final ServerOptions WATCHED = TestServer.OPTIONS.withWatchdog(
      new ServerOptions.Watchdog(true, Duration.ofMillis(50), Duration.ofMillis(300)));

  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("10 s have passed").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static BoundMethod<Request, Response> blocks(String method, BooleanSupplier condition) {
    return BoundMethod.of(
        method, Request.class, Response.class, ServerCalls.unary((request, call) -> {
          until(condition);
          return Future.succeededFuture(Response.getDefaultInstance());
        }));
  }

  private static void call(TestServer server, String method) {
    ManagedChannel channel = GrpcJava.channel(server.port());
    try {
      GrpcJava.unary(channel, method, Request.getDefaultInstance(), Response.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void namesTheHandlerThatBlocksAndTurnsReadinessOffUntilTheLoopRuns() {
    Health health = new Health();
    try (LogLines log = LogLines.of(EventLoopWatch.class.getName());
        TestServer server = TestServer.start(
            WATCHED,
            builder -> builder
                .health(health)
                .method(blocks(
                    "watch.Named/Blocks",
                    () -> health.get(Health.SERVER) == ServingStatus.NOT_SERVING)))) {
      call(server, "watch.Named/Blocks");
      until(() -> health.get(Health.SERVER) == ServingStatus.SERVING);
      List<String> lines = log.with("watch.Named/Blocks has blocked the event loop");
      assertThat(lines).hasSize(1);
      assertThat(lines.get(0)).contains("WatchdogTest.until");
      assertThat(server.verticle().eventLoopBlocks()).isEqualTo(1);
      // A second time within a minute is counted and not logged.
      call(server, "watch.Named/Blocks");
      assertThat(server.verticle().eventLoopBlocks()).isEqualTo(2);
      assertThat(log.with("watch.Named/Blocks has blocked the event loop")).hasSize(1);
    }
  }

  @Test
  void namesAHandlerThatHadToWaitForItsTurn() {
    CountDownLatch sent = new CountDownLatch(1);
    long computeNanos = TimeUnit.MILLISECONDS.toNanos(3);
    AtomicLong computeUntil = new AtomicLong();
    try (LogLines log = LogLines.of(EventLoopWatch.class.getName());
        TestServer server = TestServer.start(
            WATCHED,
            builder -> builder
                .method(blocks("watch.Queued/Computes", () -> {
                  if (sent.getCount() > 0) {
                    return false;
                  }
                  computeUntil.compareAndSet(0, System.nanoTime() + computeNanos);
                  return System.nanoTime() > computeUntil.get() && computeUntil.getAndSet(0) > 0;
                }))
                .method(blocks(
                    "watch.Queued/Blocks",
                    () -> !log.with("watch.Queued/Blocks").isEmpty())));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      ByteString request = GrpcFrames.message(Request.getDefaultInstance());
      // The first may be read alone, the second then uses up the time of its turn.
      peer.request(RequestFields.grpc("/watch.Queued/Computes"), request);
      peer.request(RequestFields.grpc("/watch.Queued/Computes"), request);
      RawStream queued = peer.request(RequestFields.grpc("/watch.Queued/Blocks"), request);
      sent.countDown();
      assertThat(queued.response().grpcStatus()).hasValue(0);
      assertThat(log.with("watch.Queued/Blocks has blocked")).hasSize(1);
    }
  }

  @Test
  void leavesAHealthAloneThatTheApplicationTurnedOff() {
    Health health = new Health();
    health.set(Health.SERVER, ServingStatus.NOT_SERVING);
    try (LogLines log = LogLines.of(EventLoopWatch.class.getName());
        TestServer server = TestServer.start(
            WATCHED,
            builder -> builder
                .health(health)
                .method(blocks(
                    "watch.Off/Blocks", () -> !log.with("watch.Off/Blocks").isEmpty())))) {
      call(server, "watch.Off/Blocks");
      call(server, "watch.Off/Blocks");
      assertThat(health.get(Health.SERVER)).isEqualTo(ServingStatus.NOT_SERVING);
    }
  }

  @Test
  void saysNothingOfAServerThatIsIdle() {
    try (LogLines log = LogLines.of(EventLoopWatch.class.getName());
        TestServer server = TestServer.start(
            WATCHED, builder -> builder.method(blocks("watch.Idle/Never", () -> true)))) {
      call(server, "watch.Idle/Never");
      assertThat(log.with("watch.Idle")).isEmpty();
    }
  }
}
