package dev.grpcbackend.transport;

import java.util.concurrent.TimeUnit;

/**
 * Whether a connection brings as much as all of its streams owe together. While it does, one that
 * gets less than its share is not slow: the client, or the window, has let others go first.
 */
final class LinePace {

  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private long received;
  private long seen;
  private long lookedAt;
  private boolean enough;

  void received(int bytes) {
    received += bytes;
  }

  /** Looks once: whether, since time went by last, it was enough for that many streams. */
  boolean isEnough(long streams, HttpLimits.Patience patience, long now) {
    if (now != lookedAt) {
      double owed =
          streams * patience.minBodyBytesPerSecond() * ((now - lookedAt) / NANOS_PER_SECOND);
      enough = received - seen >= owed;
      seen = received;
      lookedAt = now;
    }
    return enough;
  }
}
