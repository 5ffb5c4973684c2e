package dev.grpcbackend.observe;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The distribution of a value, with cells for each event loop that measures it. */
final class Histogram {

  private final Buckets buckets;
  private final List<Recorder> recorders = new CopyOnWriteArrayList<>();

  Histogram(Buckets buckets) {
    this.buckets = buckets;
  }

  Buckets buckets() {
    return buckets;
  }

  /** Returns what the thread that asks may record with. */
  synchronized Recorder recorder() {
    for (Recorder recorder : recorders) {
      if (recorder.cells.isOwned()) {
        return recorder;
      }
    }
    Recorder made = new Recorder(buckets);
    recorders.add(made);
    return made;
  }

  /** Returns how many values fell into each bucket. */
  long[] counts() {
    long[] counts = new long[buckets.count()];
    for (Recorder recorder : recorders) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] += recorder.cells.get(i);
      }
    }
    return counts;
  }

  long count() {
    long count = 0;
    for (long inBucket : counts()) {
      count += inBucket;
    }
    return count;
  }

  /** Returns the sum of all values, as it is shown. */
  double sum() {
    long sum = 0;
    for (Recorder recorder : recorders) {
      sum += recorder.cells.get(buckets.count());
    }
    return buckets.shown(sum);
  }

  /** Takes values, from one event loop at no cost but that of the additions. */
  static final class Recorder {

    private final Buckets buckets;
    private final Cells cells;

    private Recorder(Buckets buckets) {
      this.buckets = buckets;
      this.cells = new Cells(buckets.count() + 1);
    }

    void record(long value) {
      cells.add(buckets.indexOf(value), 1);
      cells.add(buckets.count(), value);
    }
  }
}
