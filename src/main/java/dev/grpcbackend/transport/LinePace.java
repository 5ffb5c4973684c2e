package dev.grpcbackend.transport;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * How fast the client of one HTTP/2 connection is with its streams. While the connection brings as
 * much as all of them owe together, one that gets less than its share is not slow: the client, or the
 * window, has let others go first.
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

  /** Looks once at all streams, and tells those whose client is to be cut off, and why. */
  void look(
      List<Http2Exchange> streams,
      HttpLimits.Patience patience,
      long now,
      BiConsumer<Http2Exchange, Cut> slow) {
    long owing = streams.stream().filter(SessionExchange::awaitsBody).count();
    boolean busy = isEnough(owing, patience, now);
    for (Http2Exchange stream : streams) {
      Cut cut = stream.lookAtPace(patience, busy, now);
      if (cut != null) {
        slow.accept(stream, cut);
      }
    }
  }

  /** Whether, since time went by last, enough was received for that many streams. */
  private boolean isEnough(long streams, HttpLimits.Patience patience, long now) {
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
