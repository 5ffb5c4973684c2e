package dev.grpcbackend.service;

import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.NOT_SERVING;
import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.SERVICE_UNKNOWN;
import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.SERVING;
import static dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.proto.health.v1.HealthCheckRequest;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class HealthTest {

  private final Vertx vertx = Vertx.vertx();
  private final Health health = new Health();

  @AfterEach
  void close() {
    TestServer.await(vertx.close());
  }

  @Test
  void knowsTheServerFromTheStartAndNothingElse() {
    assertThat(health.get("")).isEqualTo(SERVING);
    assertThat(health.get("shop.Orders")).isNull();
  }

  @Test
  void registeringAgainKeepsTheCondition() {
    health.register(List.of("shop.Orders"));
    health.set("shop.Orders", NOT_SERVING);

    health.register(List.of("shop.Orders", "shop.Users"));

    assertThat(health.get("shop.Orders")).isEqualTo(NOT_SERVING);
    assertThat(health.get("shop.Users")).isEqualTo(SERVING);
  }

  @Test
  void drainIsForGood() {
    health.register(List.of("shop.Orders"));

    health.drain();
    health.set("", SERVING);
    health.set("shop.Orders", SERVING);
    health.register(List.of("shop.Late"));

    assertThat(health.get("")).isEqualTo(NOT_SERVING);
    assertThat(health.get("shop.Orders")).isEqualTo(NOT_SERVING);
    assertThat(health.get("shop.Late")).isEqualTo(NOT_SERVING);
  }

  @Test
  void refusesConditionsThatAreNone() {
    assertThatThrownBy(() -> health.set("a", SERVICE_UNKNOWN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("status: SERVICE_UNKNOWN (expected: SERVING, NOT_SERVING or UNKNOWN)");
    assertThatThrownBy(() -> health.set("a", ServingStatus.UNRECOGNIZED))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void watchSendsTheConditionAtOnceAndThenChangesOnly() {
    health.set("a", SERVING);
    ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch = watch("a");
    assertThat(conditions(watch)).containsExactly(SERVING);

    health.set("a", SERVING);
    health.set("b", NOT_SERVING);
    assertThat(conditions(watch)).containsExactly(SERVING);

    health.set("a", NOT_SERVING);
    assertThat(conditions(watch)).containsExactly(SERVING, NOT_SERVING);
  }

  @Test
  void watchOfAnUnknownServiceWaitsForItToCome() {
    ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch = watch("late");
    assertThat(conditions(watch)).containsExactly(SERVICE_UNKNOWN);

    health.register(List.of("late"));
    assertThat(conditions(watch)).containsExactly(SERVICE_UNKNOWN, SERVING);
  }

  @Test
  void watchSendsASlowReaderTheLatestConditionOnly() {
    ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch = watch("");
    watch.stopReading();
    for (ServingStatus status : List.of(NOT_SERVING, UNKNOWN, SERVING, NOT_SERVING, UNKNOWN)) {
      health.set("", status);
      assertThat(conditions(watch)).containsExactly(SERVING);
    }

    watch.resumeReading();

    assertThat(conditions(watch)).containsExactly(SERVING, UNKNOWN);
  }

  @Test
  void watchSendsNothingWhenTheConditionIsBackToWhatASlowReaderKnows() {
    ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch = watch("");
    watch.stopReading();
    health.set("", NOT_SERVING);
    assertThat(conditions(watch)).containsExactly(SERVING);
    health.set("", SERVING);

    watch.resumeReading();

    assertThat(conditions(watch)).containsExactly(SERVING);
  }

  @Test
  void drainReachesWatchersOnAllEventLoopsAndLeavesTheirCallsOpen() {
    List<ScriptedCall<HealthCheckRequest, HealthCheckResponse>> watches = new ArrayList<>();
    for (String service : List.of("", "a", "a", "unknown")) {
      health.set("a", SERVING);
      watches.add(watch(service));
    }
    assertThat(watches.stream().map(ScriptedCall::context).distinct()).hasSize(4);

    health.drain();

    for (ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch : watches.subList(0, 3)) {
      assertThat(conditions(watch)).containsExactly(SERVING, NOT_SERVING);
      boolean over = watch.on(call -> call.closed().isComplete());
      assertThat(over).isFalse();
    }
    assertThat(conditions(watches.get(3))).containsExactly(SERVICE_UNKNOWN);
  }

  @Test
  void cancelRemovesTheWatcher() {
    ScriptedCall<HealthCheckRequest, HealthCheckResponse> stays = watch("a");
    ScriptedCall<HealthCheckRequest, HealthCheckResponse> goes = watch("a");
    assertThat(health.listenerCount()).isEqualTo(2);

    goes.on(call -> {
      call.onCancelled("the caller has gone");
      return null;
    });
    health.set("a", SERVING);

    assertThat(health.listenerCount()).isEqualTo(1);
    assertThat(conditions(goes)).containsExactly(SERVICE_UNKNOWN);
    assertThat(conditions(stays)).containsExactly(SERVICE_UNKNOWN, SERVING);
  }

  @Test
  void everyWatcherEndsWithTheLatestConditionWhenManyThreadsChangeIt() throws Exception {
    List<ScriptedCall<HealthCheckRequest, HealthCheckResponse>> watches =
        List.of(watch("a"), watch("a"), watch("a"));
    List<Thread> threads = new ArrayList<>();
    for (ServingStatus status : List.of(SERVING, NOT_SERVING, UNKNOWN)) {
      Thread thread = new Thread(() -> {
        for (int i = 0; i < 2_000; i++) {
          health.set("a", status);
        }
      });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }

    ServingStatus last = health.get("a");
    for (ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch : watches) {
      List<ServingStatus> seen = conditions(watch);
      assertThat(seen.get(seen.size() - 1)).isEqualTo(last);
      for (int i = 1; i < seen.size(); i++) {
        assertThat(seen.get(i)).isNotEqualTo(seen.get(i - 1));
      }
    }
  }

  private ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch(String service) {
    ScriptedCall<HealthCheckRequest, HealthCheckResponse> watch =
        ScriptedCall.start(vertx, new HealthService(health), "grpc.health.v1.Health/Watch");
    watch.request(HealthCheckRequest.newBuilder().setService(service).build());
    return watch;
  }

  private static List<ServingStatus> conditions(ScriptedCall<?, HealthCheckResponse> watch) {
    return watch.sent().stream().map(HealthCheckResponse::getStatus).toList();
  }
}
