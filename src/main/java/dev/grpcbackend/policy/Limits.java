package dev.grpcbackend.policy;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The limits of a server, by their text: all its instances count together, and a policy that is read
 * again goes on where the one before it was. Thread-safe.
 */
public final class Limits {

  private final LongSupplier clock;
  private final ConcurrentHashMap<String, Limit> byText = new ConcurrentHashMap<>();

  /** Creates none yet. */
  public Limits() {
    this(System::nanoTime);
  }

  Limits(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * Returns the limit of a text, the same each time.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  Limit of(String text) {
    return byText.computeIfAbsent(text, added -> Limit.of(added, clock));
  }
}
