package dev.grpcbackend.rpc;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A point in time by which a call must have ended. Monotonic: it follows {@link System#nanoTime()}
 * (or the ticker it was made with), so changes of the wall clock do not move it.
 */
public final class Deadline {

  /** The deadline that never comes, for methods that are meant to stay open. */
  public static final Deadline NEVER = new Deadline(0, 0, false, System::nanoTime);

  private final long madeNanos;
  private final long atNanos;
  private final boolean finite;
  private final LongSupplier ticker;

  private Deadline(long madeNanos, long atNanos, boolean finite, LongSupplier ticker) {
    this.madeNanos = madeNanos;
    this.atNanos = atNanos;
    this.finite = finite;
    this.ticker = ticker;
  }

  /** Returns the deadline {@code timeout} from now; a timeout of zero or less has already passed. */
  public static Deadline after(Duration timeout) {
    return afterNanos(saturatedNanos(timeout), System::nanoTime);
  }

  /** Returns the deadline {@code nanos} after the ticker's present reading. */
  public static Deadline afterNanos(long nanos, LongSupplier ticker) {
    // Half of the range keeps differences of two readings free of overflow for about 146 years.
    long bounded = Math.min(nanos, Long.MAX_VALUE / 2);
    long now = ticker.getAsLong();
    return new Deadline(now, now + bounded, true, ticker);
  }

  /** Returns {@code duration} in nanoseconds, at most {@link Long#MAX_VALUE}. */
  public static long saturatedNanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException tooLong) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  /** Whether there is a point in time at all. */
  public boolean isFinite() {
    return finite;
  }

  /** Returns what is left in nanoseconds, negative once it has passed, MAX_VALUE for {@link #NEVER}. */
  public long remainingNanos() {
    return finite ? atNanos - ticker.getAsLong() : Long.MAX_VALUE;
  }

  /** Returns the ticker's reading when this was made, or one of now for {@link #NEVER}. */
  public long madeNanos() {
    return finite ? madeNanos : ticker.getAsLong();
  }

  /** Returns what is left at a reading of the same ticker; for those who have just read it. */
  public long remainingNanos(long now) {
    return finite ? atNanos - now : Long.MAX_VALUE;
  }

  public boolean isExpired() {
    return finite && atNanos - ticker.getAsLong() <= 0;
  }

  /** Returns the earlier of the two. */
  public Deadline min(Deadline other) {
    return other.remainingNanos() < remainingNanos() ? other : this;
  }

  @Override
  public String toString() {
    return finite ? "in " + Duration.ofNanos(remainingNanos()) : "never";
  }
}
