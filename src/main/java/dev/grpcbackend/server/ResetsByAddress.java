package dev.grpcbackend.server;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Streams that were reset before their time, by the address of their clients, so that nobody starts
 * afresh by connecting again. Thread-safe, by a lock that is held for a moment: the instances of a
 * verticle share it, and a client's connections are on any of their event loops.
 */
final class ResetsByAddress {

  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Who comes from more addresses than that is limited by connection only. */
  private static final int MAX_ADDRESSES = 10_000;

  private final Map<Object, Counts> counts = new HashMap<>();
  private boolean counting;
  private long windowStart;

  private static final class Counts {
    private int opened;
    private int reset;
  }

  /**
   * Counts one stream that was reset.
   *
   * @param network whose stream it was, see {@link ConnectionGate#network}
   * @param opened how many streams more it has opened
   * @return whether it has reset more than {@code max} in this half minute, and more than two thirds
   *     of what it has opened
   */
  synchronized boolean add(Object network, int opened, int max, long now) {
    if (!counting || now - windowStart > WINDOW_NANOS) {
      counting = true;
      windowStart = now;
      counts.clear();
    }
    Counts of = counts.get(network);
    if (of == null) {
      if (counts.size() == MAX_ADDRESSES) {
        return false;
      }
      of = new Counts();
      counts.put(network, of);
    }
    of.opened += opened;
    of.reset++;
    return of.reset > max && 3L * of.reset > 2L * of.opened;
  }
}
