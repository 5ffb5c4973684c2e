package dev.grpcbackend.transport;

/**
 * How long something has been waited for without any progress, as far as looks at it from time to
 * time can tell: from the first look that found no progress since the one before.
 */
public final class Standstill {

  private boolean waiting;
  private long mark;
  private long since;

  /**
   * Looks once.
   *
   * @param waiting whether it is waited for at all
   * @param mark a number that changes with progress
   * @param now the time in nanoseconds
   * @return for how many nanoseconds it stands still; 0 if it does not
   */
  public long look(boolean waiting, long mark, long now) {
    if (!waiting || !this.waiting || mark != this.mark) {
      this.waiting = waiting;
      this.mark = mark;
      since = now;
    }
    return now - since;
  }
}
