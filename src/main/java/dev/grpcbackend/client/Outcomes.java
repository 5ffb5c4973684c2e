package dev.grpcbackend.client;

import java.util.concurrent.atomic.LongAdder;

/**
 * What came of the calls to one server since the last look, and whether it gets none because of that.
 * Counted by any thread; the rest is for the event loop of the channel.
 */
final class Outcomes {

  /** Nobody looks at it. */
  static final Outcomes UNSEEN = new Outcomes();

  private final LongAdder succeeded = new LongAdder();
  private final LongAdder failed = new LongAdder();

  /** In the interval that is over. */
  private long successes;

  private long failures;

  /** How often it was ejected of late: each time for longer. */
  private int multiplier;

  private boolean ejected;
  private long ejectedNanos;

  void add(boolean ok) {
    if (this != UNSEEN) {
      (ok ? succeeded : failed).increment();
    }
  }

  /** Ends the interval. */
  void turn() {
    successes = succeeded.sumThenReset();
    failures = failed.sumThenReset();
  }

  long total() {
    return successes + failures;
  }

  double successRate() {
    return (double) successes / total();
  }

  /** Returns the share of failures, in percent. */
  double failurePercentage() {
    return 100.0 * failures / total();
  }

  boolean isEjected() {
    return ejected;
  }

  void eject(long nowNanos) {
    ejected = true;
    ejectedNanos = nowNanos;
    multiplier++;
  }

  /** Lets it in again when it has been out for its time; forgets a time that it was not out. */
  void look(long nowNanos, OutlierConfig config) {
    if (!ejected) {
      multiplier = Math.max(0, multiplier - 1);
      return;
    }
    long base = config.baseEjectionTime().toNanos();
    long most = Math.max(base, config.maxEjectionTime().toNanos());
    if (nowNanos - ejectedNanos >= Math.min(base * multiplier, most)) {
      ejected = false;
    }
  }
}
