package dev.grpcbackend.server;

import dev.grpcbackend.transport.Cut;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the clients that were cut off, and says so in the log: one line for all of a minute, however
 * many there were, so that nobody can fill a disk by misbehaving. Thread-safe: the instances of a
 * verticle share it, and sockets are refused on any of their event loops.
 */
final class CutLog {

  private static final Logger LOG = LoggerFactory.getLogger(CutLog.class);
  private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Map<Cut, LongAdder> counts = new EnumMap<>(Cut.class);
  private volatile @Nullable String lastHost;
  private volatile Consumer<Cut> listener = cut -> {};

  private final Map<Cut, Long> logged = new EnumMap<>(Cut.class);
  private boolean everLogged;
  private long loggedAt;

  CutLog() {
    for (Cut cut : Cut.values()) {
      counts.put(cut, new LongAdder());
    }
  }

  /**
   * Counts one.
   *
   * @param host the address of the client, or null if it is not known
   */
  void add(Cut cut, @Nullable String host) {
    LongAdder count = counts.get(cut);
    if (count != null) {
      count.increment();
    }
    if (host != null) {
      lastHost = host;
    }
    listener.accept(cut);
  }

  /** Sets who hears of each from now on. */
  void listener(Consumer<Cut> listener) {
    this.listener = listener;
  }

  /** Returns how many there were since the start, of each kind that there was. */
  Map<Cut, Long> counts() {
    Map<Cut, Long> all = new EnumMap<>(Cut.class);
    counts.forEach((cut, count) -> {
      if (count.sum() > 0) {
        all.put(cut, count.sum());
      }
    });
    return all;
  }

  /** Writes what has come together, if that is due at {@code now}, in nanoseconds. */
  synchronized void write(long now) {
    if (everLogged && now - loggedAt < PERIOD_NANOS) {
      return;
    }
    List<String> news = new ArrayList<>(0);
    counts().forEach((cut, count) -> {
      long more = count - logged.getOrDefault(cut, 0L);
      if (more > 0) {
        news.add(more + " " + cut.text());
        logged.put(cut, count);
      }
    });
    if (!news.isEmpty()) {
      everLogged = true;
      loggedAt = now;
      String from = lastHost == null ? "" : "; the last came from " + lastHost;
      LOG.warn("clients cut off: {}{}", String.join(", ", news), from);
    }
  }
}
