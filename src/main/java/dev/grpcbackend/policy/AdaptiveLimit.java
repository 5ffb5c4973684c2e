package dev.grpcbackend.policy;

/**
 * A limit of calls in progress that follows their latency, after TCP Vegas. With {@code min} the
 * least latency seen, {@code mean} that of the last samples and {@code limit} calls in progress,
 *
 * <pre>  waiting = limit · (1 − min / mean)</pre>
 *
 * is the number of calls that are in progress but wait somewhere behind the handler. Below {@code 3
 * · log10(limit)} the limit grows, by as much; above {@code 6 · log10(limit)} it shrinks; a call that
 * missed its deadline takes a tenth of it. So a backend is kept busy with a few calls more than it
 * serves at a time. It grows only while it is used to more than half.
 *
 * <p>Every {@value #PROBE_AFTER} rounds {@code min} is forgotten, or a backend that became slower for
 * good would be taken for one that is full, and measured anew with half the limit: with calls waiting,
 * it would be too large, and the limit would grow at each time.
 *
 * @see <a href="https://doi.org/10.1145/190314.190317">Brakmo et al., TCP Vegas, SIGCOMM 1994</a>
 */
final class AdaptiveLimit {

  static final int MIN = 4;
  static final int MAX = 1_000;

  private static final int FIRST = 20;
  private static final int PROBE_AFTER = 500;

  /** A mean of fewer says little, and of a lower limit all of them should be in it. */
  private static final int MIN_SAMPLES = 10;

  private final int max;
  private double limit;
  private long minNanos = Long.MAX_VALUE;
  private long sumNanos;
  private int samples;
  private int busiest;
  private int rounds;
  private boolean settling;

  AdaptiveLimit(int max) {
    this.max = max;
    this.limit = Math.min(FIRST, max);
  }

  int calls() {
    return (int) limit;
  }

  /** Takes the latency of a call that succeeded, with the calls in progress when it ended. */
  void onSample(long nanos, int inProgress) {
    sumNanos += nanos;
    samples++;
    busiest = Math.max(busiest, inProgress);
    if (samples >= Math.max(MIN_SAMPLES, (int) limit)) {
      adapt();
    }
  }

  /** Takes a call that missed its deadline. */
  void onDropped() {
    set(limit * 0.9);
    startRound();
  }

  private void adapt() {
    long mean = Math.max(1, sumNanos / samples);
    if (settling) {
      // These calls were started before the limit was halved.
      settling = false;
      startRound();
      return;
    }
    minNanos = Math.min(minNanos, mean);
    double step = Math.max(1, Math.log10(limit));
    double waiting = limit * (1 - (double) minNanos / mean);
    if (waiting > 6 * step) {
      set(limit - step);
    } else if (waiting < 3 * step && busiest * 2 > limit) {
      set(limit + step);
    }
    startRound();
    if (++rounds == PROBE_AFTER) {
      rounds = 0;
      minNanos = Long.MAX_VALUE;
      set(limit / 2);
      settling = true;
    }
  }

  private void set(double wanted) {
    limit = Math.max(Math.min(MIN, max), Math.min(max, wanted));
  }

  private void startRound() {
    sumNanos = 0;
    samples = 0;
    busiest = 0;
  }
}
