package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;

/**
 * Sees one call, or many that have nothing to be kept apart, each on its context. A call has one
 * attempt as a rule, several with retries or hedging, none if it was over before it had anything to
 * send.
 */
public interface ClientCallTracer {

  /** Sees nothing. */
  ClientCallTracer NONE = new ClientCallTracer() {};

  /** An attempt begins, which is to find a server first. */
  default void attemptStarted(ObservedAttempt attempt) {}

  /** The name of the target was resolved, for which the call had to wait. */
  default void nameResolved() {}

  /** A server was found for an attempt that had to wait for one: for a connection, or for its name. */
  default void attemptConnected(ObservedAttempt attempt) {}

  /** A request message is handed to the transport; what retries send again is seen again. */
  default void sent(ObservedAttempt attempt, int wireBytes, boolean compressed) {}

  /** A response message was decoded; {@code bytes} is its size without compression. */
  default void received(ObservedAttempt attempt, int wireBytes, int bytes) {}

  /**
   * An attempt is over: with what its server said, or with why there was none; with
   * DEADLINE_EXCEEDED if the call took too long, else with CANCELLED if it was not wanted any more.
   */
  default void attemptClosed(ObservedAttempt attempt, Status status) {}

  /**
   * The call is over, as its caller sees it, and so are its attempts.
   *
   * @param durationNanos since it was made
   */
  default void closed(Status status, long durationNanos) {}

  /** Returns what shows all of this to this and then to another. */
  default ClientCallTracer and(ClientCallTracer other) {
    if (this == NONE) {
      return other;
    }
    return other == NONE ? this : new TwoClientTracers(this, other);
  }
}
