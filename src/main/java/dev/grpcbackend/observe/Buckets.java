package dev.grpcbackend.observe;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * The bounds of a histogram, as gRFC A66 gives them ("Metric Instruments"), so that dashboards made
 * for other gRPC servers fit.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A66-otel-stats.md">A66</a>
 */
final class Buckets {
  /** Measured in nanoseconds, shown in seconds. */
  static final Buckets LATENCY = new Buckets(
      1e9, 0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005,
      0.006, 0.008, 0.01, 0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16,
      0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2, 5, 10, 20, 50, 100);

  /** In bytes. */
  static final Buckets SIZE = new Buckets(
      1, 0, 1 << 10, 2 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20,
      64 << 20, 256 << 20, 1L << 30, 4L << 30);

  private final double unit;
  private final double[] shown;
  private final long[] bounds;

  private Buckets(double unit, double... bounds) {
    this.unit = unit;
    this.shown = Arrays.copyOf(bounds, bounds.length + 1);
    this.shown[bounds.length] = Double.POSITIVE_INFINITY;
    this.bounds = LongStream.range(0, bounds.length)
        .map(i -> Math.round(bounds[(int) i] * unit))
        .toArray();
  }

  /** Returns how many there are, with the one for all above the last bound. */
  int count() {
    return shown.length;
  }

  /** Returns the first whose bound is not below {@code value}; small values, of which most are, first. */
  int indexOf(long value) {
    int index = 0;
    while (index < bounds.length && bounds[index] < value) {
      index++;
    }
    return index;
  }

  /** Returns the upper bounds as they are shown, the last of them infinite. */
  double[] bounds() {
    return shown.clone();
  }

  /** Returns a measured sum as it is shown. */
  double shown(long sum) {
    return sum / unit;
  }
}
