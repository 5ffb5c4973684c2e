package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Deadline;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of many calls behind one timer. A call is put into the slot of the tick in which its
 * deadline falls, modulo the size of the wheel, and taken out in constant time when it ends, which
 * nearly all do long before. A deadline is noticed at the first tick after it: never early, at most
 * one tick late, or two where a tick was late itself.
 *
 * <p>Not thread-safe; {@link ActiveCalls} guards it.
 */
final class DeadlineWheel {

  static final int NOT_IN_WHEEL = -1;
  static final long TICK_NANOS = 10_000_000;

  private static final int SLOTS = 512;

  private final LongSupplier ticker;
  private final long startNanos;
  private final @Nullable ActiveCall<?, ?>[] slots = new ActiveCall<?, ?>[SLOTS];
  private long tick;
  private int size;

  DeadlineWheel(LongSupplier ticker) {
    this.ticker = ticker;
    this.startNanos = ticker.getAsLong();
  }

  int size() {
    return size;
  }

  void add(ActiveCall<?, ?> call) {
    Deadline deadline = call.deadline();
    if (!deadline.isFinite()) {
      return;
    }
    if (size == 0) {
      // Nothing was waiting, so ticks that have gone by need no visit.
      tick = now();
    }
    // From the start of the wheel, not of this tick: the visit has to come after the deadline, or
    // the
    // next one is a whole turn away.
    long due = (elapsed() + Math.max(0, deadline.remainingNanos())) / TICK_NANOS + 1;
    int slot = (int) (due % SLOTS);
    ActiveCall<?, ?> head = slots[slot];
    call.wheelSlot = slot;
    call.wheelNext = head;
    if (head != null) {
      head.wheelPrevious = call;
    }
    slots[slot] = call;
    size++;
  }

  void remove(ActiveCall<?, ?> call) {
    if (call.wheelSlot == NOT_IN_WHEEL) {
      return;
    }
    ActiveCall<?, ?> previous = call.wheelPrevious;
    ActiveCall<?, ?> next = call.wheelNext;
    if (previous != null) {
      previous.wheelNext = next;
    } else {
      slots[call.wheelSlot] = next;
    }
    if (next != null) {
      next.wheelPrevious = previous;
    }
    call.wheelPrevious = null;
    call.wheelNext = null;
    call.wheelSlot = NOT_IN_WHEEL;
    size--;
  }

  /** Visits the slots of the ticks since the last visit; moves what has expired to {@code expired}. */
  void advance(List<ActiveCall<?, ?>> expired) {
    long now = now();
    // One round visits every slot, however long the timer was held up.
    long from = Math.max(tick + 1, now - SLOTS + 1);
    for (long t = from; t <= now; t++) {
      ActiveCall<?, ?> call = slots[(int) (t % SLOTS)];
      while (call != null) {
        ActiveCall<?, ?> next = call.wheelNext;
        if (call.deadline().isExpired()) {
          remove(call);
          expired.add(call);
        }
        call = next;
      }
    }
    tick = now;
  }

  private long now() {
    return elapsed() / TICK_NANOS;
  }

  private long elapsed() {
    return ticker.getAsLong() - startNanos;
  }
}
