package dev.grpcbackend.policy;

import java.util.concurrent.ConcurrentHashMap;

/** So many at once, for each key. As many keys as there are calls in progress. Thread-safe. */
final class InProgress {

  private final int max;
  private final ConcurrentHashMap<Object, Integer> counts = new ConcurrentHashMap<>();

  InProgress(int max) {
    this.max = max;
  }

  /** Counts one, unless there are as many as there may be. */
  boolean begin(Object key) {
    boolean[] counted = new boolean[1];
    counts.compute(key, (same, count) -> {
      int others = count == null ? 0 : count;
      counted[0] = others < max;
      return counted[0] ? Integer.valueOf(others + 1) : count;
    });
    return counted[0];
  }

  void end(Object key) {
    counts.computeIfPresent(key, (same, count) -> count == 1 ? null : Integer.valueOf(count - 1));
  }

  int keys() {
    return counts.size();
  }
}
