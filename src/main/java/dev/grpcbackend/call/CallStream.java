package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;

/**
 * The side of a call that faces the wire. A protocol implements it, an {@link ActiveCall} drives it;
 * in the other direction the protocol calls {@code onMessage}, {@code onHalfClose}, {@code onReady},
 * {@code onCancelled} and {@code fail} of the call. All of it runs on the call's context.
 *
 * @param <Resp> the response message
 */
public interface CallStream<Resp> extends CallHead {

  Context context();

  /** Returns the caller's metadata without what belongs to the protocol. */
  Metadata headers();

  /** Whether the message handed to the call last was compressed on the wire. */
  boolean messageCompressed();

  /** Says that {@link ActiveCall#wantsMessage()} may have become true. */
  void pull();

  /** Sends the response headers at once. */
  Future<Void> sendHeaders(Metadata headers);

  /**
   * Takes one message, with the headers before the first. Fails, without harm to the stream, if the
   * message cannot be encoded.
   */
  Future<Void> send(Resp message, boolean compress, Metadata headers);

  boolean writeQueueFull();

  /** Ends the stream; called once, and nothing after it. */
  void close(Status status, Metadata headers, Metadata trailers);

  /**
   * Ends the stream before its handler has; called once, instead of {@link #close}. The status is
   * sent unless it would have to wait behind messages that the peer does not read.
   */
  default void cutShort(Status status, Metadata headers, Metadata trailers) {
    close(status, headers, trailers);
  }
}
