package dev.grpcbackend.wire;

import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/**
 * Arrays that are needed for a moment only, kept for the next who needs one: a new array is cleared
 * first, and by the time that it is filled it has pushed others out of the processor's cache. Each
 * thread has its own, few and small ones. They hold what their last user left.
 */
final class Scratch {

  private static final int MAX_ARRAYS = 16;
  private static final int MAX_ARRAY_BYTES = 128 * 1024;

  /** A DATA frame that is full. */
  private static final int MIN_ARRAY_BYTES = 16 * 1024;

  /** Lengths are multiples of it. */
  private static final int STEP_BYTES = 4 * 1024;

  private static final FastThreadLocal<Scratch> OF_THREAD = new FastThreadLocal<>() {
    @Override
    protected Scratch initialValue() {
      return new Scratch();
    }
  };

  private final byte[][] kept = new byte[MAX_ARRAYS][];
  private int size;

  private Scratch() {}

  /** Returns an array of at least that length, which belongs to the caller. */
  static byte[] take(int bytes) {
    byte[] kept = takeKept(bytes);
    if (kept != null) {
      return kept;
    }
    // So that an answer a little longer than its request fits where that has been.
    boolean round = bytes >= MIN_ARRAY_BYTES && bytes <= MAX_ARRAY_BYTES;
    return new byte[round ? (bytes + STEP_BYTES - 1) & -STEP_BYTES : bytes];
  }

  /** Returns such an array if one is there, else null. */
  static byte @Nullable [] takeKept(int bytes) {
    // A small one is cheap to make, and not worth to hold a large one for: the rest may be long in
    // coming.
    return bytes < MIN_ARRAY_BYTES ? null : OF_THREAD.get().poll(bytes);
  }

  /** Gives an array away that the caller uses no more. */
  static void give(byte[] array) {
    if (keeps(array)) {
      OF_THREAD.get().keep(array);
    }
  }

  /** Whether an array that is given away is worth to be kept. */
  static boolean keeps(byte[] array) {
    return array.length >= MIN_ARRAY_BYTES && array.length <= MAX_ARRAY_BYTES;
  }

  private byte @Nullable [] poll(int bytes) {
    for (int i = size - 1; i >= 0; i--) {
      byte[] array = kept[i];
      // One far larger would be held for less than it can hold.
      if (array.length >= bytes && array.length / 2 <= bytes) {
        size--;
        kept[i] = kept[size];
        return array;
      }
    }
    return null;
  }

  private void keep(byte[] array) {
    if (size < MAX_ARRAYS) {
      kept[size++] = array;
      return;
    }
    int smallest = 0;
    for (int i = 1; i < size; i++) {
      if (kept[i].length < kept[smallest].length) {
        smallest = i;
      }
    }
    if (kept[smallest].length < array.length) {
      kept[smallest] = array;
    }
  }
}
