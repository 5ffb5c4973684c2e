package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Method;

/** When calls have to be over: the caller's timeout, capped, or the default. Immutable. */
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
  Deadline of(Method<?, ?> method, long timeoutNanos) {
    if (timeoutNanos != RequestHead.NO_TIMEOUT) {
      long nanos = method.longLived() ? timeoutNanos : Math.min(timeoutNanos, maxNanos);
      return Deadline.afterNanos(nanos, System::nanoTime);
    }
    return method.longLived()
        ? Deadline.NEVER
        : Deadline.afterNanos(defaultNanos, System::nanoTime);
  }
}
