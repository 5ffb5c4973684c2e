package dev.grpcbackend.client;

import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Set;

/**
 * When and how often a call is tried again (gRFC A6, retry policy).
 *
 * @param maxAttempts with the first one
 * @param backoff the time before the first retry, which grows from there
 * @param codes the failures after which to try again
 */
record RetryPolicy(int maxAttempts, Backoff backoff, Set<GrpcStatus> codes) {

  /** gRFC A6: more than five attempts are treated as five. */
  static final int MAX_ATTEMPTS = 5;

  /** gRFC A6: each delay is multiplied by a number between 0.8 and 1.2. */
  private static final double JITTER = 0.2;

  RetryPolicy {
    codes = Set.copyOf(codes);
  }

  static RetryPolicy read(ConfigFields fields) {
    int maxAttempts = maxAttempts(fields);
    Duration initial = fields.positiveDuration("initialBackoff");
    Duration max = fields.positiveDuration("maxBackoff");
    double multiplier = fields.positive("backoffMultiplier");
    Set<GrpcStatus> codes = fields.codes("retryableStatusCodes");
    if (codes.isEmpty()) {
      throw fields.refusal("retryableStatusCodes", "[]", "at least one");
    }
    fields.end();
    return new RetryPolicy(maxAttempts, new Backoff(initial, multiplier, max, JITTER), codes);
  }

  static int maxAttempts(ConfigFields fields) {
    int attempts = fields.integer("maxAttempts", 2, Integer.MAX_VALUE, 0);
    if (attempts == 0) {
      throw fields.refusal("maxAttempts", "missing", ">= 2");
    }
    return Math.min(MAX_ATTEMPTS, attempts);
  }
}
