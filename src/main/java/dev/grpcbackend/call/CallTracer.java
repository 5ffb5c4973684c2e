package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Status;

/**
 * Sees one call, or many that have nothing to be kept apart, each on its context: the messages in
 * their order, and then the end, exactly once. Sizes are without the prefix of a message; {@code
 * wireBytes} is what went over the wire, and so less than {@code bytes} where the message was
 * compressed.
 */
public interface CallTracer {

  /** Sees nothing. */
  CallTracer NONE = new CallTracer() {};

  /** A request message was decoded and is the handler's. */
  default void received(ObservedCall call, int wireBytes, int bytes) {}

  /** A response message was encoded; it may still wait for the caller to read. */
  default void sent(ObservedCall call, int wireBytes, int bytes) {}

  /** The call is over, with the status that the caller was sent or would have been. */
  default void closed(ObservedCall call, Status status) {}
}
