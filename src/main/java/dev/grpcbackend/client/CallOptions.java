package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import java.time.Duration;

/**
 * What is the same for the calls of one {@linkplain Channel#with view} of a channel.
 *
 * @param deadline a point in time by which calls must be over, such as that of the call that is being
 *     served; {@link Deadline#NEVER} for none
 * @param timeout how long each call may take from its start, with waiting and connecting; zero for no
 *     bound. With both, the earlier counts
 * @param metadata the request headers; copied
 * @param compression whether to send messages gzipped
 * @param maxInboundMessageBytes size of one response message, also after inflation; 0 for the
 *     channel's limit
 * @param waitForReady whether calls wait, until their deadline, for a server that cannot be reached,
 *     rather than to fail at once with UNAVAILABLE
 * @param propagation what calls take over from the one that is being served
 */
public record CallOptions(
    Deadline deadline,
    Duration timeout,
    Metadata metadata,
    boolean compression,
    int maxInboundMessageBytes,
    boolean waitForReady,
    Propagation propagation) {

  /** No deadline, metadata or compression, the channel's limit, no waiting; what is served counts. */
  public static final CallOptions DEFAULTS = new CallOptions(
      Deadline.NEVER, Duration.ZERO, Metadata.EMPTY, false, 0, false, Propagation.DEFAULTS);

  public CallOptions {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout: " + timeout + " (expected: >= 0)");
    }
    if (maxInboundMessageBytes < 0) {
      throw new IllegalArgumentException(
          "maxInboundMessageBytes: " + maxInboundMessageBytes + " (expected: >= 0)");
    }
    metadata = new Metadata().addAll(metadata);
  }

  /** Returns a copy of the request headers. */
  @Override
  public Metadata metadata() {
    return new Metadata().addAll(metadata);
  }

  /** Returns a copy whose calls must be over by {@code deadline}. */
  public CallOptions withDeadline(Deadline deadline) {
    return new CallOptions(
        deadline,
        timeout,
        metadata,
        compression,
        maxInboundMessageBytes,
        waitForReady,
        propagation);
  }

  /** Returns a copy whose calls may take {@code timeout} each; zero for no bound. */
  public CallOptions withTimeout(Duration timeout) {
    return new CallOptions(
        deadline,
        timeout,
        metadata,
        compression,
        maxInboundMessageBytes,
        waitForReady,
        propagation);
  }

  /** Returns a copy with these request headers instead. */
  public CallOptions withMetadata(Metadata metadata) {
    return new CallOptions(
        deadline,
        timeout,
        metadata,
        compression,
        maxInboundMessageBytes,
        waitForReady,
        propagation);
  }

  /** Returns a copy with one more request header; the value of a {@code -bin} name is base64. */
  public CallOptions withHeader(String name, String value) {
    return withMetadata(metadata().add(name, value));
  }

  /** Returns a copy that sends messages gzipped, or not. */
  public CallOptions withCompression(boolean compression) {
    return new CallOptions(
        deadline,
        timeout,
        metadata,
        compression,
        maxInboundMessageBytes,
        waitForReady,
        propagation);
  }

  /** Returns a copy that accepts response messages up to this size; 0 for the channel's limit. */
  public CallOptions withMaxInboundMessageBytes(int maxInboundMessageBytes) {
    return new CallOptions(
        deadline,
        timeout,
        metadata,
        compression,
        maxInboundMessageBytes,
        waitForReady,
        propagation);
  }

  /** Returns a copy whose calls wait for a server that cannot be reached, or not. */
  public CallOptions withWaitForReady(boolean waitForReady) {
    return new CallOptions(
        deadline,
        timeout,
        metadata,
        compression,
        maxInboundMessageBytes,
        waitForReady,
        propagation);
  }

  /** Returns a copy whose calls take over other things from the call that is being served. */
  public CallOptions withPropagation(Propagation propagation) {
    return new CallOptions(
        deadline,
        timeout,
        metadata,
        compression,
        maxInboundMessageBytes,
        waitForReady,
        propagation);
  }

  /** Returns the deadline of a call that starts now. */
  Deadline deadlineFromNow() {
    return timeout.isZero() ? deadline : deadline.min(Deadline.after(timeout));
  }
}
