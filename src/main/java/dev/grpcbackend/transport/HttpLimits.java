package dev.grpcbackend.transport;

/**
 * What a client may do on one connection; the first four are what our SETTINGS have told it.
 *
 * @param streamWindowBytes the body that a client may send on a stream before it is read
 * @param connectionWindowBytes the same for all streams together
 * @param maxConcurrentStreams streams at a time
 * @param maxHeaderBlockBytes one header block, compressed and also not; more ends the connection
 * @param rstBudget streams that may be reset within 30 seconds before the connection ends; an eighth
 *     of it within a second, if those are two thirds of the streams
 * @param pings the pings of the client
 * @param patience with clients that send or read slowly
 */
public record HttpLimits(
    int streamWindowBytes,
    int connectionWindowBytes,
    int maxConcurrentStreams,
    int maxHeaderBlockBytes,
    int rstBudget,
    Pings pings,
    Patience patience) {

  /**
   * How often a client may ping (gRFC A8).
   *
   * @param minNanos the time between two pings
   * @param withoutCalls whether that also holds while no call is open; two hours otherwise
   */
  public record Pings(long minNanos, boolean withoutCalls) {}

  /**
   * How slow a client may be.
   *
   * @param minBodyBytesPerSecond the rate of a body that a handler needs before it can begin; 0 for
   *     any
   * @param stallNanos for how long a response may wait for a client that takes nothing of it; 0 for
   *     ever
   */
  public record Patience(int minBodyBytesPerSecond, long stallNanos) {

    boolean isStall(long nanos) {
      return stallNanos > 0 && nanos >= stallNanos;
    }
  }
}
