package dev.grpcbackend.transport;

/**
 * What one connection holds of the {@link HeldMemory}. It may hold as much as is left for others, so
 * one that takes all it can gets half, two get a third each, and there is always something for the
 * next (dynamic queue thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2)).
 * Lives on the connection's event loop.
 */
final class MemoryShare {

  /** What every connection may hold, and below which changes are nobody else's concern. */
  static final int STEP_BYTES = 16 * 1024;

  private final HeldMemory memory;
  private long held;
  private long counted;
  private long waiting;
  private boolean closed;

  MemoryShare(HeldMemory memory) {
    this.memory = memory;
  }

  /** Holds more, or less; false if that is more than it may. */
  boolean change(long bytes) {
    if (closed) {
      return true;
    }
    held += bytes;
    if (held - counted >= STEP_BYTES || counted - held >= STEP_BYTES) {
      memory.change(held - counted);
      counted = held;
    }
    return mayHold(0);
  }

  /** Whether it may hold so much more. */
  boolean mayHold(int more) {
    return held + more <= STEP_BYTES || held + more <= memory.free();
  }

  /** Says what now waits for the socket; false if that is more than it may be. */
  boolean waiting(long bytes) {
    long more = bytes - waiting;
    waiting = bytes;
    return change(more) || more <= 0;
  }

  /** The connection has ended, and with it all that it held. */
  void close() {
    closed = true;
    memory.change(-counted);
    counted = 0;
  }
}
