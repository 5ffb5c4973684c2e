package dev.grpcbackend.client;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stops retries and hedges while too many calls of a channel fail (gRFC A6, throttling): a failure
 * costs one token, a success brings back a part of one, and with half of the tokens or fewer there
 * are no second attempts.
 *
 * <p>Shared by the calls of a channel, on all threads, hence atomic.
 */
final class RetryThrottle {

  /** gRFC A6: the ratio counts up to three decimal places. */
  private static final int SCALE = 1000;

  private final int max;
  private final int ratio;
  private final AtomicInteger tokens;

  /**
   * The bounds.
   *
   * @param maxTokens also how many there are at first
   * @param tokenRatio what a success brings back
   */
  record Limits(double maxTokens, double tokenRatio) {

    /** gRFC A6: maxTokens must be in the range (0, 1000]. */
    private static final double MAX_TOKENS = 1000;

    static Limits read(ConfigFields fields) {
      Limits limits = new Limits(fields.positive("maxTokens"), fields.positive("tokenRatio"));
      if (limits.maxTokens > MAX_TOKENS) {
        throw fields.refusal("maxTokens", limits.maxTokens, "<= 1000");
      }
      fields.end();
      return limits;
    }
  }

  RetryThrottle(Limits limits) {
    max = (int) (limits.maxTokens * SCALE);
    ratio = (int) Math.min(max, limits.tokenRatio * SCALE);
    tokens = new AtomicInteger(max);
  }

  /** Counts a failure; returns whether there may be another attempt. */
  boolean onFailure() {
    return tokens.updateAndGet(now -> Math.max(0, now - SCALE)) > max / 2;
  }

  void onSuccess() {
    if (tokens.get() < max) {
      tokens.updateAndGet(now -> Math.min(max, now + ratio));
    }
  }

  boolean allows() {
    return tokens.get() > max / 2;
  }
}
