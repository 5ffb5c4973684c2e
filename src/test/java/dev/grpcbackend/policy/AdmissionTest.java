package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.RunningMethod;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who starts, who waits and who is refused, on an event loop whose time the test moves. */
class AdmissionTest {

  private static final Duration NOTHING = Duration.ZERO;
  private static final Duration MILLI = Duration.ofMillis(1);
  private static final Duration TWO_MILLIS = Duration.ofMillis(2);

  private static final AdmissionOptions OPTIONS = new AdmissionOptions(
      true,
      Duration.ofSeconds(1),
      AdmissionOptions.DEFAULTS.maxWaiting(),
      AdmissionOptions.DEFAULTS.exempt(),
      false,
      AdmissionOptions.Limit.DEFAULTS);

  private final Loop loop = new Loop();
  private final Admission admission = admission(OPTIONS);

  private Admission admission(AdmissionOptions options) {
    return new Admission(options, loop, new RunningMethod(), loop::nanos);
  }

  private static AdmissionOptions limit(int calls) {
    return OPTIONS.withLimit(new AdmissionOptions.Limit(calls, false, false, 0));
  }

  private FakeCall call(Duration cost) {
    return new FakeCall(loop).into(admission, cost);
  }

  private List<FakeCall> calls(int count, Duration cost) {
    List<FakeCall> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(call(cost));
    }
    return calls;
  }

  private void turnsUntilNobodyWaits() {
    while (admission.waiting() > 0) {
      assertThat(loop.turn()).as("a turn is asked for while calls wait").isTrue();
    }
  }

  @Test
  void startsCallsThatCostNothingAtOnce() {
    assertThat(calls(10_000, NOTHING)).allMatch(FakeCall::isStarted);
  }

  @Test
  void letsTheSocketsBeReadBeforeTheNextHandlerThatComputes() {
    List<FakeCall> calls = calls(3, TWO_MILLIS);
    assertThat(calls).map(FakeCall::isStarted).containsExactly(true, false, false);
    loop.turn();
    assertThat(calls).map(FakeCall::isStarted).containsExactly(true, true, false);
    loop.turn();
    assertThat(calls).map(FakeCall::isStarted).containsExactly(true, true, true);
  }

  @Test
  void startsCallsThatStreamTheirRequestsAtOnce() {
    List<FakeCall> unary = calls(2, TWO_MILLIS);
    FakeCall stream = new FakeCall(
            loop,
            FakeCall.method("Service/Count", MethodType.CLIENT_STREAMING),
            Duration.ofSeconds(30))
        .into(admission, TWO_MILLIS);
    assertThat(unary).map(FakeCall::isStarted).containsExactly(true, false);
    assertThat(stream.isStarted()).isTrue();
  }

  @Test
  void startsAsManyInATurnAsFitIntoItsTime() {
    List<FakeCall> calls = calls(6, MILLI);
    assertThat(calls).filteredOn(FakeCall::isStarted).hasSize(2);
    loop.turn();
    assertThat(calls).filteredOn(FakeCall::isStarted).hasSize(4);
  }

  @Test
  void servesABurstInTheOrderOfItsArrivalAndRefusesNobody() {
    List<FakeCall> calls = calls(400, TWO_MILLIS);
    turnsUntilNobodyWaits();
    assertThat(calls).allMatch(FakeCall::isStarted);
    assertThat(calls)
        .isSortedAccordingTo((one, other) -> Long.compare(one.startedAt(), other.startedAt()));
    assertThat(admission.refused()).isZero();
  }

  @Test
  void keepsServingFreshCallsWhenTenTimesAsManyComeAsCanBeServed() {
    int served = 0;
    long worst = 0;
    List<FakeCall> all = new ArrayList<>();
    List<Long> arrivals = new ArrayList<>();
    for (int turn = 0; turn < 5_000; turn++) {
      for (int i = 0; i < 10; i++) {
        arrivals.add(loop.nanos());
        all.add(call(TWO_MILLIS));
      }
      loop.turn();
    }
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).isStarted()) {
        served++;
        worst = Math.max(worst, all.get(i).startedAt() - arrivals.get(i));
      }
    }
    // The first ones wait in order until it is clear that it is no burst.
    assertThat(served * TWO_MILLIS.toNanos()).isGreaterThan((long) (loop.nanos() * 0.99));
    assertThat(Duration.ofNanos(worst)).isLessThanOrEqualTo(Duration.ofMillis(200));
    assertThat(admission.refused()).isGreaterThan(40_000);
    assertThat(admission.waiting()).isLessThan(600);
  }

  @Test
  void isOrdinaryAgainWhenNobodyWaits() {
    calls(2_000, TWO_MILLIS);
    turnsUntilNobodyWaits();
    long refused = admission.refused();
    assertThat(refused).isPositive();
    loop.advance(Duration.ofSeconds(1));
    List<FakeCall> burst = calls(100, TWO_MILLIS);
    turnsUntilNobodyWaits();
    assertThat(burst).allMatch(FakeCall::isStarted);
    assertThat(admission.refused()).isEqualTo(refused);
  }

  @Test
  void tellsTheRefusedWhenToComeBack() {
    List<FakeCall> calls = calls(2_000, TWO_MILLIS);
    turnsUntilNobodyWaits();
    List<Long> pauses = new ArrayList<>();
    for (FakeCall call : calls) {
      if (call.refusal() instanceof StatusException refusal) {
        assertThat(refusal.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
        pauses.add(Long.valueOf(refusal.trailers().get("grpc-retry-pushback-ms")));
        assertThat(RichStatus.of(refusal).getDetailsList())
            .allMatch(detail -> detail.is(RetryInfo.class));
      }
    }
    assertThat(pauses).allMatch(pause -> pause >= 500 && pause <= 1_500);
    assertThat(pauses.stream().distinct()).hasSizeGreaterThan(8);
  }

  @Test
  void doesNotStartACallWhoseCallerHasGone() {
    List<FakeCall> calls = calls(3, TWO_MILLIS);
    calls.get(1).cancel();
    loop.turn();
    assertThat(calls).map(FakeCall::isStarted).containsExactly(true, false, true);
    assertThat(admission.refused()).isZero();
  }

  @Test
  void doesNotStartACallWhoseDeadlineHasPassed() {
    call(TWO_MILLIS);
    FakeCall late = new FakeCall(loop, FakeCall.METHOD, MILLI).into(admission, NOTHING);
    loop.advance(MILLI);
    loop.turn();
    assertThat(late.isStarted()).isFalse();
    assertThat(late.refusal())
        .isInstanceOfSatisfying(
            StatusException.class,
            refusal -> assertThat(refusal.code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED));
  }

  @Test
  void holdsTheLimitOfCallsInProgress() {
    Admission limited = admission(limit(2));
    List<FakeCall> calls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      calls.add(new FakeCall(loop).into(limited, NOTHING));
    }
    loop.turn();
    assertThat(calls).map(FakeCall::isStarted).containsExactly(true, true, false, false);
    calls.get(0).end(Status.OK);
    loop.turn();
    assertThat(calls).map(FakeCall::isStarted).containsExactly(true, true, true, false);
    calls.get(1).cancel();
    loop.turn();
    assertThat(calls).allMatch(FakeCall::isStarted);
  }

  @Test
  void refusesInTimeWhenTheLimitStaysFull() {
    Admission limited = admission(limit(1));
    new FakeCall(loop).into(limited, NOTHING);
    FakeCall second = new FakeCall(loop).into(limited, NOTHING);
    loop.turn();
    for (int i = 0; i < 11; i++) {
      loop.advance(Duration.ofMillis(100));
      loop.turn();
    }
    assertThat(second.isStarted()).isFalse();
    assertThat(second.isRefused()).isTrue();
    assertThat(limited.refused()).isEqualTo(1);
  }

  @Test
  void givesEachMethodALimitOfItsOwn() {
    Admission perMethod =
        admission(OPTIONS.withLimit(new AdmissionOptions.Limit(1, false, true, 0)));
    ServerInterceptor one = perMethod.forMethod(bound("shop.v1.Orders/Place"));
    ServerInterceptor other = perMethod.forMethod(bound("shop.v1.Orders/Cancel"));
    assertThat(new FakeCall(loop).into(one, NOTHING).isStarted()).isTrue();
    assertThat(new FakeCall(loop).into(one, NOTHING).isStarted()).isFalse();
    assertThat(new FakeCall(loop).into(other, NOTHING).isStarted()).isTrue();
  }

  @Test
  void hasNoStepForMethodsThatAreExempt() {
    assertThat(admission.forMethod(bound("grpc.health.v1.Health/Check")))
        .isSameAs(ServerInterceptor.NONE);
    assertThat(admission.forMethod(bound("shop.v1.Orders/Place").asLongLived()))
        .isSameAs(ServerInterceptor.NONE);
    assertThat(admission.forMethod(bound("shop.v1.Orders/Place")))
        .isNotSameAs(ServerInterceptor.NONE);
  }

  @Test
  void servesTheMoreUrgentFirstAndGivesUpTheLessUrgent() {
    Admission urgent = admission(new AdmissionOptions(
        true, Duration.ofSeconds(1), 2, List.of(), true, AdmissionOptions.Limit.DEFAULTS));
    new FakeCall(loop).into(urgent, TWO_MILLIS);
    FakeCall last = new FakeCall(loop).with("priority", "u=7").into(urgent, TWO_MILLIS);
    FakeCall usual = new FakeCall(loop).into(urgent, TWO_MILLIS);
    FakeCall first = new FakeCall(loop).with("priority", "i, u=0").into(urgent, TWO_MILLIS);
    assertThat(last.isRefused()).isTrue();
    loop.turn();
    assertThat(first.isStarted()).isTrue();
    assertThat(usual.isStarted()).isFalse();
    loop.turn();
    assertThat(usual.isStarted()).isTrue();
  }

  private static BoundMethod<?, ?> bound(String fullName) {
    return new BoundMethod<>(FakeCall.method(fullName), call -> Future.succeededFuture());
  }
}
