package dev.grpcbackend.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ClientMetricsTest {

  private final Vertx vertx = Vertx.vertx();
  private final ClientMetrics metrics = new ClientMetrics();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  private static void await(Future<?> future) throws Exception {
    future
        .otherwiseEmpty()
        .toCompletionStage()
        .toCompletableFuture()
        .get(Patience.SECONDS, TimeUnit.SECONDS);
  }

  private static Method<HelloRequest, HelloReply> method(String name) {
    return new Method<>(
        "helloworld.Greeter",
        name,
        MethodType.UNARY,
        Marshaller.of(HelloRequest.class),
        Marshaller.of(HelloReply.class),
        false,
        null);
  }

  private Channel channel(String target) {
    return Channel.create(vertx, ChannelOptions.to(target)).observe(metrics);
  }

  private static Future<HelloReply> hello(Channel channel, String method) {
    return channel.unary(
        method(method), HelloRequest.newBuilder().setName("Ada").build());
  }

  @Test
  void showsCallsAndAttemptsToPrometheusByTheNamesOfA66() throws Exception {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    metrics.bindTo(registry);
    try (TestServer server = TestServer.start(builder -> builder.service(new GreeterService()))) {
      String target = "127.0.0.1:" + server.port();
      Channel channel = channel(target);
      await(hello(channel, "SayHello"));
      await(hello(channel, "SayHello"));
      await(hello(channel, "Unknown"));

      String labels = "{grpc_method=\"helloworld.Greeter/SayHello\",";
      String of = "grpc_target=\"" + target + "\"} ";
      String ok = labels + "grpc_status=\"OK\"," + of;
      assertThat(registry.scrape())
          .contains(
              "grpc_client_attempt_started_total" + labels + of + "2.0",
              "grpc_client_call_duration_seconds_count" + ok + "2",
              "grpc_client_attempt_duration_seconds_count" + ok + "2",
              "grpc_client_attempt_sent_total_compressed_message_size_bytes_sum" + ok + "10.0",
              "grpc_client_attempt_rcvd_total_compressed_message_size_bytes_sum" + ok + "22.0",
              "grpc_client_call_duration_seconds_count{grpc_method=\"helloworld.Greeter/Unknown\","
                  + "grpc_status=\"UNIMPLEMENTED\"," + of + "1");
    }
  }

  @Test
  void countsCallsThatFindNoServerInAnyRegistry() throws Exception {
    await(hello(channel("unix:/nowhere/at/all"), "SayHello"));
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    metrics.bindTo(registry);
    String[] labels = {
      "grpc.method",
      "helloworld.Greeter/SayHello",
      "grpc.target",
      "unix:/nowhere/at/all",
      "grpc.status",
      "UNAVAILABLE"
    };
    assertThat(registry
            .get("grpc.client.call.duration")
            .tags(labels)
            .functionTimer()
            .count())
        .isEqualTo(1);
    assertThat(registry.get("grpc.client.attempt.started").functionCounter().count())
        .isEqualTo(1);
  }

  @Test
  void hasABoundForTheMethodsThatItTellsApart() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    metrics.bindTo(registry);
    Channel channel = channel("unix:/nowhere/at/all");
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < ClientMetrics.MAX_METHODS + 5; i++) {
      calls.add(hello(channel, "Method" + i));
    }
    for (Future<?> call : calls) {
      await(call);
    }
    assertThat(registry.get("grpc.client.attempt.started").functionCounters())
        .hasSize(ClientMetrics.MAX_METHODS + 1);
    assertThat(registry
            .get("grpc.client.attempt.started")
            .tag("grpc.method", "other")
            .functionCounter()
            .count())
        .isEqualTo(5);
  }
}
