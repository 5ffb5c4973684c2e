package dev.grpcbackend.server;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time by which clients are judged, in nanoseconds: it passes only while somebody looks. When the
 * event loop or the whole machine has stood still, what the clients have sent meanwhile is still to be
 * read, and they are not to blame for it (nor are they in Kestrel's rates).
 */
final class AttendedTime {

  private final LongSupplier clock;
  private final long mostNanos;
  private long attended;
  private long lookedAt;

  /**
   * Starts with 0.
   *
   * @param most how long may be between two looks; what is beyond it does not count
   */
  AttendedTime(LongSupplier clock, Duration most) {
    this.clock = clock;
    this.mostNanos = most.toNanos();
    this.lookedAt = clock.getAsLong();
  }

  /** Returns the time of a look, from which the next is awaited. */
  long look() {
    attended = now();
    lookedAt = clock.getAsLong();
    return attended;
  }

  /** Returns the time. */
  long now() {
    return attended + Math.min(clock.getAsLong() - lookedAt, mostNanos);
  }
}
