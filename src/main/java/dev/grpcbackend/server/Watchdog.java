package dev.grpcbackend.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the event loops of all servers of the process, from a thread of its own, five times a
 * second: one that is blocked cannot do it itself. The thread lives while there is a loop to watch.
 *
 * <p>Thread-safe by its monitor, as all servers share it; loops never wait for it but when they start
 * and stop.
 */
final class Watchdog {

  static final Watchdog OF_PROCESS = new Watchdog();

  static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Set<EventLoopWatch> watches = ConcurrentHashMap.newKeySet();
  private @Nullable Thread thread;

  private Watchdog() {}

  synchronized void add(EventLoopWatch watch) {
    watches.add(watch);
    if (thread == null) {
      Thread looking = new Thread(this::look, "grpc-watchdog");
      looking.setDaemon(true);
      thread = looking;
      looking.start();
    }
  }

  synchronized void remove(EventLoopWatch watch) {
    watches.remove(watch);
    notifyAll();
  }

  private void look() {
    while (hasWatches()) {
      long now = System.nanoTime();
      for (EventLoopWatch watch : watches) {
        watch.look(now);
      }
    }
  }

  /** Waits for a period; false when there is nothing left to watch. */
  private synchronized boolean hasWatches() {
    long end = System.nanoTime() + PERIOD_NANOS;
    try {
      for (long left = PERIOD_NANOS; left > 0; left = end - System.nanoTime()) {
        if (watches.isEmpty()) {
          thread = null;
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
      return true;
    } catch (InterruptedException interrupted) {
      // Nobody but the end of the process interrupts it.
      thread = null;
      return false;
    }
  }
}
