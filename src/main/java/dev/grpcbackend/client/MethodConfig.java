package dev.grpcbackend.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a service config says of some methods.
 *
 * @param timeout what a call may take at most, null for no bound
 * @param waitForReady whether calls wait for a server that cannot be reached, null if not said
 * @param maxRequestBytes size of a request message, Integer.MAX_VALUE if not said
 * @param maxResponseBytes size of a response message, Integer.MAX_VALUE if not said
 * @param retry null if calls are not tried again
 * @param hedging null if calls are not hedged
 */
record MethodConfig(
    @Nullable Duration timeout,
    @Nullable Boolean waitForReady,
    int maxRequestBytes,
    int maxResponseBytes,
    @Nullable RetryPolicy retry,
    @Nullable HedgingPolicy hedging) {

  static final MethodConfig NONE =
      new MethodConfig(null, null, Integer.MAX_VALUE, Integer.MAX_VALUE, null, null);

  static MethodConfig read(ConfigFields fields) {
    ConfigFields retry = fields.object("retryPolicy");
    ConfigFields hedging = fields.object("hedgingPolicy");
    if (retry != null && hedging != null) {
      throw fields.refusal("hedgingPolicy", "beside retryPolicy", "one of the two");
    }
    MethodConfig config = new MethodConfig(
        fields.duration("timeout"),
        fields.truth("waitForReady"),
        fields.integer("maxRequestMessageBytes", 0, Integer.MAX_VALUE, Integer.MAX_VALUE),
        fields.integer("maxResponseMessageBytes", 0, Integer.MAX_VALUE, Integer.MAX_VALUE),
        retry == null ? null : RetryPolicy.read(retry),
        hedging == null ? null : HedgingPolicy.read(hedging));
    fields.end();
    return config;
  }
}
