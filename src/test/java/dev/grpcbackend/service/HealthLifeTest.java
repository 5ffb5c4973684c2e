package dev.grpcbackend.service;

import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.NOT_SERVING;
import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.SERVING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.health.v1.HealthCheckRequest;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Health over the life of a server. */
@Timeout(120)
class HealthLifeTest {

  private final Health health = new Health();

  @Test
  void startingAServerKeepsWhatTheApplicationSaidOfAService() {
    health.set("Service", NOT_SERVING);

    try (TestServer server = start()) {
      assertThat(server.verticle().health()).isSameAs(health);
      assertThat(health.get("Service")).isEqualTo(NOT_SERVING);
      assertThat(health.get("grpc.health.v1.Health")).isEqualTo(SERVING);
    }
  }

  @Test
  void drainTellsWatchersAndThenEndsTheirCallsWithUnavailable() throws Exception {
    try (TestServer server = start()) {
      ManagedChannel channel = GrpcJava.channel(server.port());
      try {
        Received<HealthCheckResponse> watched = new Received<>();
        ClientCalls.asyncServerStreamingCall(
            channel.newCall(
                GrpcJava.method(
                    "grpc.health.v1.Health/Watch",
                    MethodType.SERVER_STREAMING,
                    HealthCheckRequest.getDefaultInstance(),
                    HealthCheckResponse.getDefaultInstance()),
                CallOptions.DEFAULT),
            HealthCheckRequest.newBuilder().setService("Service").build(),
            watched);
        assertThat(watched.next().getStatus()).isEqualTo(SERVING);

        TestServer.await(server.verticle().drain());

        assertThat(watched.next().getStatus()).isEqualTo(NOT_SERVING);
        assertThat(watched.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(health.listenerCount()).isZero();
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private TestServer start() {
    return TestServer.start(builder ->
        builder.health(health).service(new HealthService(health)).service(new ProcessService()));
  }
}
