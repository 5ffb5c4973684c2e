package dev.grpcbackend.policy;

import dev.grpcbackend.rpc.Status;
import io.vertx.core.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says why calls were refused: the first, and then one in ten seconds together with how many there
 * were, so that nobody can fill a disk by asking. Thread-safe.
 */
final class RefusalLog {

  private static final Logger LOG = LoggerFactory.getLogger(AccessControl.class);
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MAX_REASON_CHARS = 200;

  private final LongSupplier clock;
  private boolean written;
  private long writtenAt;
  private long others;

  RefusalLog(LongSupplier clock) {
    this.clock = clock;
  }

  void add(String method, @Nullable SocketAddress peer, Status status, String reason) {
    long more;
    synchronized (this) {
      long now = clock.getAsLong();
      if (written && now - writtenAt < PERIOD_NANOS) {
        others++;
        return;
      }
      written = true;
      writtenAt = now;
      more = others;
      others = 0;
    }
    LOG.warn(
        "{} refused with {} to {}: {}{}",
        method,
        status.code().name(),
        peer == null ? "nobody" : peer.host(),
        printable(reason),
        more == 0 ? "" : "; and " + more + " others before");
  }

  /** Some of it may come from the caller. */
  private static String printable(String reason) {
    String text = reason.substring(0, Math.min(reason.length(), MAX_REASON_CHARS));
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
