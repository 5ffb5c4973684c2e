package dev.grpcbackend.server;

/**
 * What a drain found and how it ended.
 *
 * @param inFlight calls in progress when it began
 * @param cut calls that were ended with UNAVAILABLE because the time was up
 */
public record DrainReport(int inFlight, int cut) {

  /** Returns how many of the calls in progress ended by themselves. */
  public int finished() {
    return Math.max(0, inFlight - cut);
  }

  /** Returns the sum of two reports, for servers that drained side by side. */
  public DrainReport plus(DrainReport other) {
    return new DrainReport(inFlight + other.inFlight, cut + other.cut);
  }
}
