package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Deadline;
import io.vertx.core.Context;
import java.util.concurrent.TimeUnit;

/** Watches the deadline of one call; never early. Used on the call's context only. */
final class DeadlineTimer {

  private static final long NO_TIMER = -1;

  private final Context context;
  private final Runnable onExpiry;
  private volatile Deadline deadline;
  private long timer = NO_TIMER;
  private boolean stopped;

  DeadlineTimer(Context context, Deadline deadline, Runnable onExpiry) {
    this.context = context;
    this.deadline = deadline;
    this.onExpiry = onExpiry;
  }

  /** Returns the deadline; to be called by any thread. */
  Deadline deadline() {
    return deadline;
  }

  /** Brings the deadline forward. */
  void limit(Deadline earlier) {
    deadline = deadline.min(earlier);
    watch();
  }

  void watch() {
    cancel();
    if (stopped || !deadline.isFinite()) {
      return;
    }
    long nanos = deadline.remainingNanos();
    if (nanos <= 0) {
      stopped = true;
      onExpiry.run();
      return;
    }
    // Rounded up: a timer that is early would have to be set again.
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
    timer = context
        .owner()
        .setTimer(
            millis,
            fired -> CallContext.run(context, () -> {
              timer = NO_TIMER;
              watch();
            }));
  }

  void stop() {
    stopped = true;
    cancel();
  }

  private void cancel() {
    if (timer != NO_TIMER) {
      context.owner().cancelTimer(timer);
      timer = NO_TIMER;
    }
  }
}
