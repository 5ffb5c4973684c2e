package dev.grpcbackend.server;

import dev.grpcbackend.call.RunningMethod;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.service.Health;
import io.vertx.core.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that an event loop does not come back, because a handler blocks it: no call of its
 * connections goes on meanwhile. It is asked for a sign of life at each look; without one for {@code
 * warnAfter}, the handler that runs is named in the log, at most once a minute for each method, and
 * counted; without one for {@code unreadyAfter}, the server's health turns NOT_SERVING until there
 * is.
 *
 * <p>The looks are those of one thread, with plain fields; what the loop writes is volatile.
 */
final class EventLoopWatch {

  private static final Logger LOG = LoggerFactory.getLogger(EventLoopWatch.class);

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int FRAMES = 12;

  /** With so much between two looks it was the process that stood still, not the loop. */
  private static final long STOPPED_NANOS = 2 * Watchdog.PERIOD_NANOS;

  private final ServerOptions.Watchdog options;
  private final Context context;
  private final Thread loop;
  private final RunningMethod running;
  private final Health health;
  private final Map<String, Long> reported = new HashMap<>();
  private volatile LongConsumer lag = nanos -> {};
  private volatile boolean answered = true;
  private volatile long blocked;
  private long askedNanos;
  private long lookedNanos;
  private boolean counted;
  private volatile boolean unready;

  /** Creates a watch. To be called on the event loop. */
  EventLoopWatch(
      ServerOptions.Watchdog options, Context context, RunningMethod running, Health health) {
    this.options = options;
    this.context = context;
    this.loop = Thread.currentThread();
    this.running = running;
    this.health = health;
  }

  /** Sets who is told, on the loop, how long each sign of life took, in nanoseconds. */
  void onLag(LongConsumer lag) {
    this.lag = lag;
  }

  /** Whether the loop has been blocked for so long that the server is not ready; from any thread. */
  boolean isStuck() {
    return unready;
  }

  /** Returns how many times the loop was blocked; from any thread. */
  long blocked() {
    return blocked;
  }

  void look(long now) {
    boolean stoodStill = now - lookedNanos > STOPPED_NANOS;
    lookedNanos = now;
    if (answered) {
      recovered();
      answered = false;
      askedNanos = now;
      context.runOnContext(turn -> {
        answered = true;
        lag.accept(System.nanoTime() - now);
      });
    } else if (stoodStill) {
      askedNanos = now;
    } else {
      silent(now, now - askedNanos);
    }
  }

  private void recovered() {
    counted = false;
    if (unready) {
      unready = false;
      health.set(Health.SERVER, ServingStatus.SERVING);
      LOG.info("the event loop runs again: ready");
    }
  }

  private void silent(long now, long nanos) {
    if (nanos >= options.warnAfter().toNanos()) {
      if (!counted) {
        counted = true;
        count();
      }
      report(now, nanos, running.get());
    }
    if (!unready
        && nanos >= options.unreadyAfter().toNanos()
        && health.get(Health.SERVER) == ServingStatus.SERVING) {
      unready = true;
      health.set(Health.SERVER, ServingStatus.NOT_SERVING);
      LOG.warn("the event loop has been blocked for {} ms: not ready", millis(nanos));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the watchdog writes
  private void count() {
    blocked++;
  }

  private void report(long now, long nanos, @Nullable Method<?, ?> method) {
    String name = method == null ? "other code" : method.fullName();
    Long last = reported.get(name);
    if (last != null && now - last < MINUTE_NANOS) {
      return;
    }
    reported.put(name, now);
    LOG.warn(
        "{} has blocked the event loop for {} ms (expected: shorter, or ServerCalls.blocking):{}",
        name,
        millis(nanos),
        frames());
  }

  private String frames() {
    StringBuilder frames = new StringBuilder();
    StackTraceElement[] stack = loop.getStackTrace();
    for (int i = 0; i < Math.min(FRAMES, stack.length); i++) {
      frames.append("\n\tat ").append(stack[i]);
    }
    return frames.toString();
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
