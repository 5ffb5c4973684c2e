package dev.grpcbackend.observe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters that one event loop writes and any thread reads. For the thread that has made them, adding
 * costs what it costs a plain field; threads that have no business here, such as those of a server
 * with several loops, add atomically beside it.
 */
final class Cells {

  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  private final Thread owner = Thread.currentThread();
  private final long[] own;
  private final long[] others;

  Cells(int size) {
    own = new long[size];
    others = new long[size];
  }

  boolean isOwned() {
    return Thread.currentThread() == owner;
  }

  void add(int index, long number) {
    if (Thread.currentThread() == owner) {
      LONGS.setOpaque(own, index, own[index] + number);
    } else {
      LONGS.getAndAdd(others, index, number);
    }
  }

  /** Returns what has been added a moment ago; it never gets less but by what is added. */
  long get(int index) {
    return (long) LONGS.getOpaque(own, index) + (long) LONGS.getVolatile(others, index);
  }
}
