package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Several attempts at a time: another one whenever some time has passed without an answer. The first
 * answer counts, the others are cancelled (gRFC A6, hedging policy).
 */
final class Hedges implements Recovery {

  private final HedgingPolicy policy;
  private final Attempts<?, ?> attempts;
  private final HttpCall<?, ?> call;
  private @Nullable Long timer;
  private boolean stopped;

  Hedges(HedgingPolicy policy, Attempts<?, ?> attempts, HttpCall<?, ?> call) {
    this.policy = policy;
    this.attempts = attempts;
    this.call = call;
  }

  @Override
  public void onBegin() {
    if (!policy.delay().isZero()) {
      schedule(policy.delay().toNanos());
      return;
    }
    while (mayHedge()) {
      attempts.next();
    }
  }

  @Override
  public void onSuccess() {
    RetryThrottle throttle = call.source().throttle();
    if (throttle != null) {
      throttle.onSuccess();
    }
  }

  @Override
  public boolean onFailure(Status status, Metadata trailers) {
    if (!policy.nonFatalCodes().contains(status.code())) {
      return false;
    }
    RetryThrottle throttle = call.source().throttle();
    if (throttle != null) {
      throttle.onFailure();
    }
    Long pushback = Recovery.pushback(trailers);
    cancelTimer();
    if (pushback != null && pushback < 0) {
      stopped = true;
    } else if (mayHedge() && pushback != null) {
      schedule(TimeUnit.MILLISECONDS.toNanos(pushback));
    } else {
      hedge();
    }
    return timer != null || attempts.isRunning();
  }

  private void hedge() {
    if (mayHedge()) {
      attempts.next();
      if (mayHedge()) {
        schedule(policy.delay().toNanos());
      }
    }
  }

  private boolean mayHedge() {
    RetryThrottle throttle = call.source().throttle();
    return !stopped
        && !call.isClosed()
        && attempts.made() < policy.maxAttempts()
        && (throttle == null || throttle.allows());
  }

  private void schedule(long nanos) {
    timer = Recovery.after(call.context(), nanos, () -> {
      timer = null;
      hedge();
    });
  }

  @Override
  public void stop() {
    stopped = true;
    cancelTimer();
  }

  private void cancelTimer() {
    if (timer != null) {
      call.context().owner().cancelTimer(timer);
      timer = null;
    }
  }
}
