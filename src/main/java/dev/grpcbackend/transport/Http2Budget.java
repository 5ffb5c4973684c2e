package dev.grpcbackend.transport;

import io.netty.handler.codec.http2.Http2Error;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;

/**
 * What a client may ask of a connection for nothing: streams that are reset, whoever does it
 * (CVE-2023-44487, CVE-2025-8671), and frames that carry no call forward (CVE-2019-9512 to 9518).
 */
final class Http2Budget {

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long RESET_WINDOW_NANOS = 30 * SECOND_NANOS;

  /** The part of the budget that may be spent within a second, by who spends more than it uses. */
  private static final int BURST_PART = 8;

  /** In a second; honest clients send a few between two frames of a call, such as pings. */
  private static final int MAX_IDLE_FRAMES = 1_000;

  /** In a second; honest clients change their minds a few times in all. */
  private static final int MAX_SETTINGS = 100;

  /** A client that sends whole messages has none that is shorter than a prefix (PROTOCOL-HTTP2). */
  private static final int TINY_BYTES = 5;

  /** In a row; honest clients send none, Envoy allows one. */
  private static final int MAX_EMPTY_DATA = 10;

  private final int maxResets;
  private final LongSupplier clock;
  private final PingStrikes pings;
  private final IntPredicate isAddressOverBudget;

  private int opened;
  private final Resets halfMinute;
  private final Resets second;
  private int openedBefore;

  private long idleSince;
  private int idleFrames;
  private long settingsSince;
  private int settings;
  private int emptyData;

  /**
   * Creates it.
   *
   * @param isAddressOverBudget told of each reset, and how many streams were opened since the last,
   *     tells whether too many of all connections of the address were
   */
  Http2Budget(HttpLimits limits, LongSupplier clock, IntPredicate isAddressOverBudget) {
    this.maxResets = limits.rstBudget();
    this.clock = clock;
    this.isAddressOverBudget = isAddressOverBudget;
    this.pings = new PingStrikes(limits.pings(), clock);
    long now = clock.getAsLong();
    this.halfMinute = new Resets(RESET_WINDOW_NANOS, now);
    this.second = new Resets(SECOND_NANOS, now);
    this.idleSince = now;
    this.settingsSince = now;
  }

  /** Streams that were opened, and reset, in a time. */
  private final class Resets {
    private final long nanos;
    private long start;
    private int openedBefore;
    private int count;

    Resets(long nanos, long start) {
      this.nanos = nanos;
      this.start = start;
    }

    int add(long now) {
      if (now - start > nanos) {
        start = now;
        openedBefore = opened;
        count = 0;
      }
      return ++count;
    }

    /** Two thirds: who gives up every other call is unlucky. */
    boolean areMost() {
      return 3L * count > 2L * (opened - openedBefore);
    }
  }

  /** Counts a stream that was not opened, as there were too many. Its client may repeat it. */
  void refusal() throws Http2Failure {
    if (halfMinute.add(clock.getAsLong()) > maxResets) {
      throw calm("more than " + maxResets + " streams reset in 30 s");
    }
  }

  /** Counts a stream that ended before its time. */
  void reset() throws Http2Failure {
    refusal();
    int atOnce = Math.max(1, maxResets / BURST_PART);
    if (second.add(clock.getAsLong()) > atOnce && second.areMost()) {
      throw calm("more than " + atOnce + " streams reset in a second, and most of all");
    }
    boolean over = isAddressOverBudget.test(opened - openedBefore);
    openedBefore = opened;
    if (over && halfMinute.areMost()) {
      throw calm("more than " + maxResets + " streams of one address reset in 30 s");
    }
  }

  /** Counts a frame that moves nothing. */
  void idleFrame() throws Http2Failure {
    if (++idleFrames > MAX_IDLE_FRAMES) {
      long now = clock.getAsLong();
      if (now - idleSince < SECOND_NANOS) {
        throw calm("more than " + MAX_IDLE_FRAMES + " frames without a call in a second");
      }
      idleSince = now;
      idleFrames = 0;
    }
  }

  /** Counts a frame of settings. */
  void settings() throws Http2Failure {
    if (++settings > MAX_SETTINGS) {
      long now = clock.getAsLong();
      if (now - settingsSince < SECOND_NANOS) {
        throw calm("more than " + MAX_SETTINGS + " frames of settings in a second");
      }
      settingsSince = now;
      settings = 0;
    }
  }

  /** Counts a frame of data with so many bytes that is not the last of its stream. */
  void data(int bytes) throws Http2Failure {
    if (bytes >= TINY_BYTES) {
      // Some clients send a message's prefix and the few bytes of the message apart.
      idleFrames = 0;
      emptyData = 0;
      return;
    }
    idleFrame();
    if (bytes > 0) {
      emptyData = 0;
    } else if (++emptyData > MAX_EMPTY_DATA) {
      throw calm("more than " + MAX_EMPTY_DATA + " empty frames of data in a row");
    }
  }

  /** Counts a ping. */
  void ping(boolean callsOpen) throws Http2Failure {
    idleFrame();
    pings.ping(callsOpen);
  }

  /** A call has been opened. */
  void opened() {
    opened++;
    idleFrames = 0;
  }

  /** Something of a call has been sent. */
  void sent() {
    idleFrames = 0;
    pings.sent();
  }

  private static Http2Failure calm(String reason) {
    return new Http2Failure(Http2Error.ENHANCE_YOUR_CALM, reason);
  }
}
