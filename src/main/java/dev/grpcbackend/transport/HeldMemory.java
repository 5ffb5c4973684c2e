package dev.grpcbackend.transport;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory may be held for clients, all connections together: requests that have been
 * received and not dealt with, and responses that wait for their readers. Who holds it decides
 * whether to go on; see {@link MemoryShare}. Thread-safe: the connections of all event loops count
 * here, each only from {@link MemoryShare#STEP_BYTES} on, so that small calls never meet.
 */
public final class HeldMemory {

  /** Beside it the heap needs room for the messages that are made of the bytes, and the handlers. */
  private static final int PART_OF_HEAP = 4;

  /** A quarter of what this process may have: its servers share it, as they share the heap. */
  public static final HeldMemory OF_PROCESS =
      new HeldMemory(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);

  private final long maxBytes;
  private final AtomicLong held = new AtomicLong();

  public HeldMemory(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Returns how many bytes are held; what connections hold below a step each is not seen. */
  public long bytes() {
    return held.get();
  }

  /** Returns how many bytes are free; less than 0 if too much is held already. */
  long free() {
    return maxBytes - held.get();
  }

  void change(long bytes) {
    held.addAndGet(bytes);
  }
}
