package dev.grpcbackend.service;

import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.NOT_SERVING;
import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.SERVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.proto.health.v1.HealthCheckRequest;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.proto.health.v1.HealthListRequest;
import dev.grpcbackend.proto.health.v1.HealthListResponse;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class HealthServiceTest {

  private final BuiltInServer server = new BuiltInServer();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void checkTellsTheConditionOfServerAndServices() {
    server.health.set("helloworld.Greeter", NOT_SERVING);

    assertThat(check("")).isEqualTo(SERVING);
    assertThat(check("Service")).isEqualTo(SERVING);
    assertThat(check("helloworld.Greeter")).isEqualTo(NOT_SERVING);
  }

  @Test
  void checkOfAnUnknownServiceIsNotFound() {
    Status status = failure(() -> check("shop." + "é".repeat(500)));

    assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status.getDescription())
        .isEqualTo(
            "no health is known of service shop." + "é".repeat(Excerpt.MAX_CHARACTERS - 5) + "…");
  }

  @Test
  void listHasEveryServiceAndTheServer() {
    assertThat(list().getStatusesMap())
        .containsOnlyKeys(
            "",
            "Service",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "helloworld.Greeter");
  }

  @Test
  void listRefusesMoreThanAHundredNames() {
    int known = list().getStatusesCount();
    for (int i = known; i < HealthService.MAX_LISTED; i++) {
      server.health.set("service" + i, SERVING);
    }
    assertThat(list().getStatusesCount()).isEqualTo(HealthService.MAX_LISTED);

    server.health.set("one.more", SERVING);

    assertThat(failure(this::list).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void watchSendsChangesUntilTheDrainAndForgetsCallersThatGo() throws Exception {
    Received<HealthCheckResponse> watched = new Received<>();
    ClientCall<HealthCheckRequest, HealthCheckResponse> call = server.call(
        "grpc.health.v1.Health/Watch",
        MethodType.SERVER_STREAMING,
        HealthCheckRequest.getDefaultInstance(),
        HealthCheckResponse.getDefaultInstance());
    ClientCalls.asyncServerStreamingCall(
        call, HealthCheckRequest.newBuilder().setService("helloworld.Greeter").build(), watched);
    assertThat(watched.next().getStatus()).isEqualTo(SERVING);

    server.health.set("helloworld.Greeter", NOT_SERVING);
    assertThat(watched.next().getStatus()).isEqualTo(NOT_SERVING);
    server.health.set("helloworld.Greeter", SERVING);
    assertThat(watched.next().getStatus()).isEqualTo(SERVING);
    server.health.drain();
    assertThat(watched.next().getStatus()).isEqualTo(NOT_SERVING);
    assertThat(check("")).isEqualTo(NOT_SERVING);

    call.cancel("seen enough", null);
    assertThat(watched.end().getCode()).isEqualTo(Status.Code.CANCELLED);
  }

  @Test
  void watchIsExemptFromTheDefaultDeadline() {
    assertThat(new HealthService(server.health)
            .methods().stream()
                .map(BoundMethod::method)
                .filter(method -> method.longLived())
                .map(method -> method.name()))
        .containsExactly("Watch");
  }

  private ServingStatus check(String service) {
    return server
        .unary(
            "grpc.health.v1.Health/Check",
            HealthCheckRequest.newBuilder().setService(service).build(),
            HealthCheckResponse.getDefaultInstance())
        .getStatus();
  }

  private HealthListResponse list() {
    return server.unary(
        "grpc.health.v1.Health/List",
        HealthListRequest.getDefaultInstance(),
        HealthListResponse.getDefaultInstance());
  }

  private static Status failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call).getStatus();
  }
}
