package dev.grpcbackend.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "10000, 1",
    "10001, 2",
    "50000, 2",
    "100000000000, 40",
    "100000000001, 41"
  })
  void putsALatencyIntoTheFirstBucketThatHoldsIt(long nanos, int bucket) {
    assertThat(Buckets.LATENCY.indexOf(nanos)).isEqualTo(bucket);
    assertThat(Buckets.LATENCY.bounds()[bucket]).isGreaterThanOrEqualTo(nanos / 1e9);
  }

  @Test
  void losesNothingWhenManyThreadsCount() throws InterruptedException {
    Cells cells = new Cells(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Thread thread = new Thread(() -> {
        for (int n = 0; n < 100_000; n++) {
          cells.add(0, 1);
        }
      });
      thread.start();
      threads.add(thread);
    }
    for (int n = 0; n < 100_000; n++) {
      cells.add(0, 1);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(cells.get(0)).isEqualTo(400_000);
  }

  @Test
  void keepsWhatAServerHasCountedWhenItEnds() {
    Metrics metrics = new Metrics();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    metrics.bindTo(registry);
    ServerState state = new ServerState(3, 5, 4, 2, TimeUnit.SECONDS.toNanos(2), 7, 1);
    java.util.function.Supplier<ServerState> server = () -> state;
    metrics.add(server);
    metrics.add(() -> state);
    assertThat(registry.get("grpc.server.connections.active").gauge().value()).isEqualTo(6);
    assertThat(registry.get("grpc.server.connection.streams.max").gauge().value())
        .isEqualTo(4);
    assertThat(registry.get("grpc.server.queue.age").gauge().value()).isEqualTo(2);
    metrics.remove(server);
    assertThat(registry.get("grpc.server.connections.active").gauge().value()).isEqualTo(3);
    assertThat(registry.get("grpc.server.rejected").functionCounter().count()).isEqualTo(14);
    assertThat(registry.get("grpc.server.eventloop.blocks").functionCounter().count())
        .isEqualTo(2);
  }

  @Test
  void showsCountsAndSumsInAnyRegistry() {
    Metrics metrics = new Metrics();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    metrics.bindTo(registry);
    HelloRequest request = HelloRequest.newBuilder().setName("Ada").build();
    try (TestServer server =
            TestServer.start(builder -> builder.observe(metrics).service(new GreeterService()));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RequestFields hello = RequestFields.grpc("/helloworld.Greeter/SayHello");
      peer.request(hello, GrpcFrames.message(request)).response();
    }
    String[] labels = {"grpc.method", "helloworld.Greeter/SayHello", "grpc.status", "OK"};
    var duration = registry.get("grpc.server.call.duration").tags(labels).functionTimer();
    assertThat(duration.count()).isEqualTo(1);
    assertThat(duration.totalTime(TimeUnit.NANOSECONDS)).isPositive();
    assertThat(registry
            .get("grpc.server.call.rcvd_total_compressed_message_size")
            .tags(labels)
            .functionCounter()
            .count())
        .isEqualTo(request.getSerializedSize());
  }
}
