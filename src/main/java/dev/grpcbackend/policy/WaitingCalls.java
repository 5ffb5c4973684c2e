package dev.grpcbackend.policy;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The calls that wait for one limit: by priority, and by their age within it. */
final class WaitingCalls {

  static final int FIRST = 0;
  static final int USUAL = 1;
  static final int LAST = 2;

  private final ArrayDeque<WaitingCall<?, ?>>[] byPriority;
  private int size;

  @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generic types cannot be made otherwise
  WaitingCalls() {
    byPriority = new ArrayDeque[LAST + 1];
    for (int i = 0; i < byPriority.length; i++) {
      byPriority[i] = new ArrayDeque<>();
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** Returns since when the oldest waits; {@code now} if none does. */
  long oldestSince(long now) {
    long oldest = now;
    for (ArrayDeque<WaitingCall<?, ?>> calls : byPriority) {
      WaitingCall<?, ?> first = calls.peekFirst();
      if (first != null && first.sinceNanos() - oldest < 0) {
        oldest = first.sinceNanos();
      }
    }
    return oldest;
  }

  void add(WaitingCall<?, ?> call, int priority) {
    byPriority[priority].addLast(call);
    size++;
  }

  /** Takes the call whose turn it is: of the best priority, the oldest or else the newest of it. */
  @Nullable
  WaitingCall<?, ?> poll(boolean newest) {
    for (ArrayDeque<WaitingCall<?, ?>> calls : byPriority) {
      if (!calls.isEmpty()) {
        size--;
        return newest ? calls.pollLast() : calls.pollFirst();
      }
    }
    return null;
  }

  /** Takes the one that is to go if one has to: of the least priority, the oldest. */
  @Nullable
  WaitingCall<?, ?> pollLeast() {
    for (int i = byPriority.length - 1; i >= 0; i--) {
      WaitingCall<?, ?> oldest = byPriority[i].pollFirst();
      if (oldest != null) {
        size--;
        return oldest;
      }
    }
    return null;
  }

  /** Takes one that has waited since before {@code nanos}; null if none has. */
  @Nullable
  WaitingCall<?, ?> pollOlderThan(long nanos) {
    for (ArrayDeque<WaitingCall<?, ?>> calls : byPriority) {
      WaitingCall<?, ?> oldest = calls.peekFirst();
      if (oldest != null && oldest.sinceNanos() - nanos < 0) {
        size--;
        return calls.pollFirst();
      }
    }
    return null;
  }
}
