package dev.grpcbackend.call;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Writes failures of handlers to the log, of those that are alike (method, class and place) one a
 * minute. The others have its error id, so that whoever was given an id finds it, and are counted in
 * the next entry: nobody can fill a disk with a request that finds a bug. Thread-safe, for all event
 * loops; only failures come here.
 */
final class FailureLog {

  private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int MAX_KINDS = 256;

  /** More of a message, or of a stack, is what somebody sent, or goes round in circles. */
  private static final int MAX_MESSAGE_CHARACTERS = 1_000;

  private static final int MAX_FRAMES = 100;

  private final Logger log;
  private final LongSupplier clock;
  private final Map<Kind, Noted> entries = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<Kind, Noted> eldest) {
      return size() > MAX_KINDS;
    }
  };

  private record Kind(
      String method, Class<?> type, @Nullable StackTraceElement place) {}

  private static final class Noted {
    final String errorId = Integer.toHexString(ThreadLocalRandom.current().nextInt() | 0x8000_0000);
    final long writtenAt;
    long more;

    Noted(long writtenAt) {
      this.writtenAt = writtenAt;
    }
  }

  FailureLog(Logger log, LongSupplier clock) {
    this.log = log;
    this.clock = clock;
  }

  /** Takes a failure, of a call that had ended if {@code late}, and returns its error id. */
  String add(String method, Throwable failure, boolean late) {
    StackTraceElement[] stack = failure.getStackTrace();
    Kind kind = new Kind(method, failure.getClass(), stack.length == 0 ? null : stack[0]);
    Noted entry;
    long before;
    synchronized (this) {
      Noted last = entries.get(kind);
      long now = clock.getAsLong();
      if (last != null && now - last.writtenAt < PERIOD_NANOS) {
        last.more++;
        return last.errorId;
      }
      before = last == null ? 0 : last.more;
      entry = new Noted(now);
      entries.put(kind, entry);
    }
    log.error(
        "{} failed{}{} [error id {}]",
        method,
        late ? " after its call had ended" : "",
        before == 0 ? "" : ", and had " + before + " times more",
        entry.errorId,
        bounded(failure));
    return entry.errorId;
  }

  /** Returns what can be logged of a failure whose text or stack is out of all proportion. */
  private static Throwable bounded(Throwable failure) {
    boolean small = true;
    for (Throwable part = failure; part != null && small; part = part.getCause()) {
      small = String.valueOf(part.getMessage()).length() <= MAX_MESSAGE_CHARACTERS
          && part.getStackTrace().length <= MAX_FRAMES;
    }
    if (small) {
      return failure;
    }
    String text = failure.toString();
    StackTraceElement[] stack = failure.getStackTrace();
    Exception part =
        new Exception(text.substring(0, Math.min(text.length(), MAX_MESSAGE_CHARACTERS)));
    part.setStackTrace(Arrays.copyOf(stack, Math.min(stack.length, MAX_FRAMES)));
    return part;
  }
}
