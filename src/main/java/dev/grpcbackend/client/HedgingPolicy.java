package dev.grpcbackend.client;

import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many copies of a call are on their way at a time (gRFC A6, hedging policy).
 *
 * @param maxAttempts with the first one
 * @param delay after which the next copy is sent; zero sends all at once
 * @param nonFatalCodes the failures that do not end the call while there are other copies
 */
record HedgingPolicy(int maxAttempts, Duration delay, Set<GrpcStatus> nonFatalCodes) {

  HedgingPolicy {
    nonFatalCodes = Set.copyOf(nonFatalCodes);
  }

  static HedgingPolicy read(ConfigFields fields) {
    @Nullable Duration delay = fields.duration("hedgingDelay");
    HedgingPolicy policy = new HedgingPolicy(
        RetryPolicy.maxAttempts(fields),
        delay == null ? Duration.ZERO : delay,
        fields.codes("nonFatalStatusCodes"));
    fields.end();
    return policy;
  }
}
