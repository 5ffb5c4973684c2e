package dev.grpcbackend.client;

import java.util.concurrent.atomic.LongAdder;

/** What became of calls, or of streams: counted from {@link Channels#count()} on. Thread-safe. */
final class CallCounts {

  private final Channels channels;
  private final LongAdder started = new LongAdder();
  private final LongAdder succeeded = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile long lastStartedMillis;

  CallCounts(Channels channels) {
    this.channels = channels;
  }

  void begun() {
    if (channels.isCounting()) {
      started.increment();
      lastStartedMillis = System.currentTimeMillis();
    }
  }

  void ended(boolean ok) {
    if (channels.isCounting()) {
      (ok ? succeeded : failed).increment();
    }
  }

  ChannelState.Totals totals() {
    return new ChannelState.Totals(started.sum(), succeeded.sum(), failed.sum(), lastStartedMillis);
  }
}
