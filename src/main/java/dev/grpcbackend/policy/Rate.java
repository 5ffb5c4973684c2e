package dev.grpcbackend.policy;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * So many in a time, for each key; who was quiet that long may take them all at once. For each key
 * there is one number, when it has all of them again (the generic cell rate algorithm of ITU-T I.371),
 * and none for who has them all. Thread-safe.
 */
final class Rate {

  /** More that are short of some share one number. */
  private static final int MAX_KEYS = 10_000;

  private static final Object OTHERS = new Object();

  private final long perCall;
  private final long allNanos;
  private final LongSupplier clock;
  private final ConcurrentHashMap<Object, AtomicLong> fullAgainAt = new ConcurrentHashMap<>();
  private final AtomicLong sweptAt;

  Rate(int count, long nanos, LongSupplier clock) {
    this.perCall = Math.max(1, nanos / count);
    this.allNanos = perCall * count;
    this.clock = clock;
    this.sweptAt = new AtomicLong(clock.getAsLong());
  }

  /** Takes one and returns 0, or returns the nanoseconds until there is one. */
  long take(Object key) {
    long now = clock.getAsLong();
    AtomicLong full = fullAgainAt.get(key);
    if (full == null) {
      full = numberOf(key, now);
    }
    while (true) {
      long known = full.get();
      long from = known - now > 0 ? known : now;
      long late = from + perCall - allNanos - now;
      if (late > 0) {
        return late;
      }
      if (full.compareAndSet(known, from + perCall)) {
        return 0;
      }
    }
  }

  int keys() {
    return fullAgainAt.size();
  }

  private AtomicLong numberOf(Object key, long now) {
    if (fullAgainAt.size() >= MAX_KEYS) {
      sweep(now);
    }
    Object counted = fullAgainAt.size() >= MAX_KEYS ? OTHERS : key;
    return fullAgainAt.computeIfAbsent(counted, added -> new AtomicLong(now));
  }

  /** Forgets who has all again: it makes no difference. Not more than once in a hundredth of the time. */
  private void sweep(long now) {
    long last = sweptAt.get();
    if (now - last > allNanos / 100 && sweptAt.compareAndSet(last, now)) {
      fullAgainAt.values().removeIf(full -> full.get() - now <= 0);
    }
  }
}
