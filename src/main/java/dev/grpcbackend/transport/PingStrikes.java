package dev.grpcbackend.transport;

import io.netty.handler.codec.http2.Http2Error;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether a client pings more often than it may (gRFC A8, "Server Enforcement"). Pings that follow
 * something that we have sent of a call are free: clients measure bandwidth and latency by them.
 */
final class PingStrikes {

  private static final int MAX_STRIKES = 2;

  /** RFC 1122, section 4.2.3.6, by way of gRFC A8. */
  private static final long NANOS_WITHOUT_CALLS = TimeUnit.HOURS.toNanos(2);

  private final HttpLimits.Pings limits;
  private final LongSupplier clock;
  private boolean counting;
  private long lastGood;
  private int strikes;

  PingStrikes(HttpLimits.Pings limits, LongSupplier clock) {
    this.limits = limits;
    this.clock = clock;
  }

  /** Counts a ping. */
  void ping(boolean callsOpen) throws Http2Failure {
    long min = callsOpen || limits.withoutCalls() ? limits.minNanos() : NANOS_WITHOUT_CALLS;
    long now = clock.getAsLong();
    if (!counting || now - lastGood >= min) {
      counting = true;
      lastGood = now;
    } else if (++strikes > MAX_STRIKES) {
      // The words are those that gRPC clients look for.
      throw new Http2Failure(Http2Error.ENHANCE_YOUR_CALM, "too_many_pings", Cut.TOO_MANY_PINGS);
    }
  }

  /** Something of a call has been sent. */
  void sent() {
    counting = false;
    strikes = 0;
  }
}
