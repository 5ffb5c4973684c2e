package dev.grpcbackend.transport;

/**
 * What a client may do on one HTTP/2 connection; the first four are what our SETTINGS have told it.
 *
 * @param streamWindowBytes the body that a client may send on a stream before it is read
 * @param connectionWindowBytes the same for all streams together
 * @param maxConcurrentStreams streams at a time
 * @param maxHeaderBlockBytes one header block, compressed and also not; more ends the connection
 * @param rstBudget streams that may be reset within 30 seconds before the connection ends
 */
public record HttpLimits(
    int streamWindowBytes,
    int connectionWindowBytes,
    int maxConcurrentStreams,
    int maxHeaderBlockBytes,
    int rstBudget) {}
