package dev.grpcbackend.transport;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How fast the client of one exchange sends its request and reads the response, look by look. */
final class Pace {

  /** Before that a rate says nothing; the figure, and the one of the rate, are Kestrel's. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Standstill reader = new Standstill();
  private boolean awaited;
  private long awaitedNanos;
  private long lookedAt;

  /**
   * Returns why the client is to be cut off, or null if it is not.
   *
   * @param lineBusy whether the connection has brought enough since the look before
   */
  @Nullable
  Cut look(SessionExchange exchange, HttpLimits.Patience patience, boolean lineBusy, long now) {
    boolean waits = exchange.awaitsBody();
    if (waits && awaited && !lineBusy) {
      awaitedNanos += now - lookedAt;
    }
    awaited = waits;
    lookedAt = now;
    if (waits
        && awaitedNanos > GRACE_NANOS
        && exchange.receivedBytes()
            < patience.minBodyBytesPerSecond() * (awaitedNanos / NANOS_PER_SECOND)) {
      return Cut.SLOW_BODY;
    }
    long stands = reader.look(exchange.isBehind(), exchange.sentBytes(), now);
    return patience.isStall(stands) ? Cut.STALLED_READER : null;
  }
}
