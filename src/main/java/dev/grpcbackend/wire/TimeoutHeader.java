package dev.grpcbackend.wire;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The value of {@code grpc-timeout} (PROTOCOL-HTTP2, Timeout): one to eight digits and one of the
 * units {@code H M S m u n}.
 */
public final class TimeoutHeader {

  /** What {@link #parseNanos} returns for a value that is no timeout. */
  public static final long MALFORMED = -1;

  private static final int MAX_DIGITS = 8;
  private static final long MAX_VALUE = 99_999_999;

  /** Finest first: {@link #format} takes the first in which the value fits. */
  private static final TimeUnit[] UNITS = {
    TimeUnit.NANOSECONDS,
    TimeUnit.MICROSECONDS,
    TimeUnit.MILLISECONDS,
    TimeUnit.SECONDS,
    TimeUnit.MINUTES,
    TimeUnit.HOURS
  };

  private static final String LETTERS = "numSMH";

  private TimeoutHeader() {}

  /** Returns the timeout in nanoseconds, at most Long.MAX_VALUE, or {@link #MALFORMED}. */
  public static long parseNanos(String value) {
    int digits = value.length() - 1;
    TimeUnit unit = digits < 1 || digits > MAX_DIGITS ? null : unit(value.charAt(digits));
    if (unit == null) {
      return MALFORMED;
    }
    long amount = 0;
    for (int i = 0; i < digits; i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return MALFORMED;
      }
      amount = amount * 10 + digit;
    }
    return unit.toNanos(amount);
  }

  /** Returns the header for what is left: rounded down, in the finest unit that fits, at least 1n. */
  public static String format(long nanos) {
    long left = Math.max(1, nanos);
    for (int i = 0; i < UNITS.length; i++) {
      long amount = UNITS[i].convert(left, TimeUnit.NANOSECONDS);
      if (amount <= MAX_VALUE) {
        return Long.toString(amount) + LETTERS.charAt(i);
      }
    }
    throw new AssertionError("a long of nanoseconds is less than 99999999 hours");
  }

  private static @Nullable TimeUnit unit(char letter) {
    int index = LETTERS.indexOf(letter);
    return index < 0 ? null : UNITS[index];
  }
}
