package dev.grpcbackend.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * Looks at files again and again, one look at a time. A look that fails changes nothing, and the log
 * says why, once.
 */
final class FileLook {

  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final Supplier<Future<Void>> look;
  private final Logger log;
  private final String remains;
  private Future<Void> last = Future.succeededFuture();
  private long timer = NO_TIMER;

  /** What is wrong with the files, and whether that was said. */
  private String complaint = "";

  private boolean complained;

  /**
   * Creates it.
   *
   * @param look fails if the files are not good for use
   * @param remains what is said then of what is in force
   */
  FileLook(Vertx vertx, Supplier<Future<Void>> look, Logger log, String remains) {
    this.vertx = vertx;
    this.look = look;
    this.log = log;
    this.remains = remains;
  }

  /** Looks at the files from now on, on the context on which this is called; never for 0. */
  void start(Duration interval) {
    if (interval.toMillis() > 0) {
      timer = vertx.setPeriodic(interval.toMillis(), tick -> look());
    }
  }

  /** Looks no more; completes when a look that has begun is over. */
  Future<Void> stop() {
    if (timer != NO_TIMER) {
      vertx.cancelTimer(timer);
    }
    return last;
  }

  private void look() {
    if (last.isComplete()) {
      last = look.get().onSuccess(fine -> complaint = "").otherwise(failure -> {
        complain(failure);
        return null;
      });
    }
  }

  /** Says it at the second look: who replaces two files does that one after the other. */
  private void complain(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (!message.equals(complaint)) {
      complaint = message;
      complained = false;
    } else if (!complained) {
      complained = true;
      log.warn("{}; {}", message, remains);
    }
  }
}
