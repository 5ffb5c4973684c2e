package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One attempt after another, with growing pauses (gRFC A6, retry policy). */
final class Retries implements Recovery {

  private final RetryPolicy policy;
  private final Attempts<?, ?> attempts;
  private final HttpCall<?, ?> call;
  private int pauses;
  private @Nullable Long timer;

  Retries(RetryPolicy policy, Attempts<?, ?> attempts, HttpCall<?, ?> call) {
    this.policy = policy;
    this.attempts = attempts;
    this.call = call;
  }

  @Override
  public void onBegin() {}

  @Override
  public void onSuccess() {
    RetryThrottle throttle = call.source().throttle();
    if (throttle != null) {
      throttle.onSuccess();
    }
  }

  @Override
  public boolean onFailure(Status status, Metadata trailers) {
    Long pushback = Recovery.pushback(trailers);
    boolean refused = pushback != null && pushback < 0;
    boolean retryable = policy.codes().contains(status.code());
    RetryThrottle throttle = call.source().throttle();
    boolean allowed = true;
    if (throttle != null && (retryable || refused)) {
      allowed = throttle.onFailure();
    }
    if (!retryable || refused || !allowed || attempts.made() >= policy.maxAttempts()) {
      return false;
    }
    timer = Recovery.after(call.context(), pause(pushback), () -> {
      timer = null;
      attempts.next();
    });
    return true;
  }

  private long pause(@Nullable Long pushback) {
    if (pushback != null) {
      // What the server says starts the growing anew.
      pauses = 0;
      return TimeUnit.MILLISECONDS.toNanos(pushback);
    }
    pauses++;
    return policy.backoff().nanos(pauses, () -> ThreadLocalRandom.current().nextDouble());
  }

  @Override
  public void stop() {
    if (timer != null) {
      call.context().owner().cancelTimer(timer);
      timer = null;
    }
  }
}
