package dev.grpcbackend.protocol;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.rpc.Deadline;

/**
 * When calls have to be over: the caller's timeout, or the default, capped by what holds for all and
 * by what holds for the method. Immutable.
 */
final class Deadlines {

  private final long defaultNanos;
  private final long maxNanos;

  Deadlines(CallLimits limits) {
    this.defaultNanos = Deadline.saturatedNanos(limits.defaultDeadline());
    this.maxNanos = Deadline.saturatedNanos(limits.maxDeadline());
  }

  /**
   * Returns the deadline of a call that begins now.
   *
   * @param timeoutNanos the caller's, or {@link RequestHead#NO_TIMEOUT}
   */
  Deadline of(BoundMethod<?, ?> bound, long timeoutNanos) {
    boolean longLived = bound.method().longLived();
    long nanos = longLived ? Long.MAX_VALUE : defaultNanos;
    if (timeoutNanos != RequestHead.NO_TIMEOUT) {
      nanos = longLived ? timeoutNanos : Math.min(timeoutNanos, maxNanos);
    }
    nanos = Math.min(nanos, bound.limits().maxNanos());
    return nanos == Long.MAX_VALUE ? Deadline.NEVER : Deadline.afterNanos(nanos, System::nanoTime);
  }
}
