package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Asks the resolver of a target, one question at a time and with pauses: a short one after an answer,
 * a growing one after failures. Used on the event loop of the channel.
 */
final class Resolution {

  /**
   * How long an answer is good for at least. Other clients wait 30 s; ours need not, because what
   * asks DNS for it caches for as long as DNS says.
   */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Context home;
  private final Resolver resolver;
  private final Target target;
  private final Listener listener;
  private boolean asking;
  private boolean stopped;
  private boolean answered;
  private long askedAt;
  private int failures;
  private @Nullable Status failure;
  private @Nullable Long timer;
  private @Nullable Long refreshTimer;

  /** Whoever wants to know. */
  interface Listener {

    /** Takes the addresses of now; there is one at least. */
    void onAddresses(List<SocketAddress> found);

    /** Says that there was no answer; returns whether to ask again. */
    boolean onUnresolved();

    /** Whether anybody uses the answer, or has of late. */
    boolean isWanted();
  }

  Resolution(Context home, Resolver resolver, Target target, Listener listener) {
    this.home = home;
    this.resolver = resolver;
    this.target = target;
    this.listener = listener;
  }

  /** Returns why there are no addresses, null if there are or nobody has asked. */
  @Nullable
  Status failure() {
    return failure;
  }

  /** Asks if the answer is not kept up to date: for the first time, or when it was not wanted. */
  void begin() {
    boolean left = refreshTimer == null && !resolver.refresh().isZero();
    if (!answered || left) {
      ask();
    }
  }

  /** Asks, now or when the pause is over. */
  void ask() {
    if (asking || stopped || timer != null) {
      return;
    }
    long pause = answered ? PAUSE.toNanos() : 0;
    if (failures > 0) {
      pause =
          Backoff.CONNECTING.nanos(failures, () -> ThreadLocalRandom.current().nextDouble());
    }
    long millis = (askedAt + pause - System.nanoTime()) / 1_000_000;
    if (pause == 0 || millis <= 0) {
      askNow();
      return;
    }
    timer = home.owner().setTimer(millis, over -> {
      timer = null;
      askNow();
    });
  }

  private void askNow() {
    asking = true;
    stopRefresh();
    Future<List<SocketAddress>> answer;
    try {
      answer = resolver.resolve();
    } catch (RuntimeException thrown) {
      // A resolver may be foreign code.
      answer = Future.failedFuture(thrown);
    }
    answer.onComplete(
        found -> CallContext.run(home, () -> onAnswer(found, null)),
        failed -> CallContext.run(home, () -> onAnswer(List.of(), failed)));
  }

  private void onAnswer(List<SocketAddress> found, @Nullable Throwable failed) {
    asking = false;
    askedAt = System.nanoTime();
    if (stopped) {
      return;
    }
    if (found.isEmpty()) {
      failures++;
      failure = TransportStatus.notResolved(target, failed);
      if (listener.onUnresolved()) {
        ask();
      }
    } else {
      answered = true;
      failures = 0;
      failure = null;
      refreshLater();
      listener.onAddresses(found);
    }
  }

  private void refreshLater() {
    long millis = resolver.refresh().toMillis();
    if (millis > 0) {
      refreshTimer = home.owner().setTimer(millis, over -> {
        refreshTimer = null;
        if (listener.isWanted() && !asking && timer == null) {
          askNow();
        }
      });
    }
  }

  private void stopRefresh() {
    if (refreshTimer != null) {
      home.owner().cancelTimer(refreshTimer);
      refreshTimer = null;
    }
  }

  void stop() {
    stopped = true;
    stopRefresh();
    if (timer != null) {
      home.owner().cancelTimer(timer);
      timer = null;
    }
  }
}
