package dev.grpcbackend.transport;

import io.netty.handler.codec.http2.Http2Error;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What a client may ask of a connection for nothing: streams that are reset, whoever does it
 * (CVE-2023-44487, CVE-2025-8671), and frames that carry no call forward (CVE-2019-9512 to 9518).
 */
final class Http2Budget {

  private static final long RESET_WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Honest clients send a few between two frames of a call: acknowledgements, pings, windows. */
  private static final int MAX_IDLE_FRAMES = 10_000;

  private final int maxResets;
  private final LongSupplier clock;
  private final PingStrikes pings;
  private long windowStart;
  private int resets;
  private int idleFrames;

  Http2Budget(HttpLimits limits, LongSupplier clock) {
    this.maxResets = limits.rstBudget();
    this.clock = clock;
    this.pings = new PingStrikes(limits.pings(), clock);
    this.windowStart = clock.getAsLong();
  }

  /** Counts a stream that ended before its time. */
  void reset() throws Http2Failure {
    long now = clock.getAsLong();
    if (now - windowStart > RESET_WINDOW_NANOS) {
      windowStart = now;
      resets = 0;
    }
    if (++resets > maxResets) {
      throw new Http2Failure(
          Http2Error.ENHANCE_YOUR_CALM, "more than " + maxResets + " streams reset in 30 s");
    }
  }

  /** Counts a frame that moves nothing. */
  void idleFrame() throws Http2Failure {
    if (++idleFrames > MAX_IDLE_FRAMES) {
      throw new Http2Failure(
          Http2Error.ENHANCE_YOUR_CALM,
          "more than " + MAX_IDLE_FRAMES + " frames in a row without a call");
    }
  }

  /** Counts a ping. */
  void ping(boolean callsOpen) throws Http2Failure {
    idleFrame();
    pings.ping(callsOpen);
  }

  /** Something has come that carries a call forward. */
  void progress() {
    idleFrames = 0;
  }

  /** Something of a call has been sent. */
  void sent() {
    idleFrames = 0;
    pings.sent();
  }
}
