package dev.grpcbackend.client;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Delays that grow: the n-th is {@code min(initial * multiplier^(n-1), max)}, times a random number
 * between {@code 1 - jitter} and {@code 1 + jitter}.
 *
 * @param initial the first delay
 * @param jitter a share of the delay, 0 for none
 */
record Backoff(Duration initial, double multiplier, Duration max, double jitter) {

  /** gRPC's connection-backoff.md: 1 s, times 1.6, up to 120 s, 20 % to both sides. */
  static final Backoff CONNECTING =
      new Backoff(Duration.ofSeconds(1), 1.6, Duration.ofSeconds(120), 0.2);

  /**
   * Returns the delay in nanoseconds before the {@code n}-th repetition.
   *
   * @param n from 1 on
   * @param random returns numbers from 0 up to 1
   */
  long nanos(int n, DoubleSupplier random) {
    double delay =
        Math.min(initial.toNanos() * Math.pow(multiplier, n - 1.0), (double) max.toNanos());
    return (long) (delay * (1 - jitter + 2 * jitter * random.getAsDouble()));
  }
}
