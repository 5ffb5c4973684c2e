package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;

/** Whoever needs a stream to a server, for one attempt of a call. */
interface StreamRequest {

  Context context();

  /** Whether to wait while no server can be reached, rather than to fail. */
  boolean waitsForReady();

  /** Whether the waiting has an end of its own. */
  boolean hasDeadline();

  /** Returns a number that is the same for all who should get the same server. */
  long hash(String header);

  /** Whether an earlier attempt of the same call was there; called by any thread. */
  default boolean wasAt(Subchannel server) {
    return false;
  }

  /** Hears that the name was resolved that was waited for. Called on {@link #context()}. */
  default void onResolved() {}

  /**
   * Takes the connection that was waited for, with room for one stream. Called on {@link #context()};
   * whoever does not want it any more has to release it.
   */
  void onConnection(Connection connection);

  /** Says that there will be no connection. Called on {@link #context()}. */
  void onRefused(Status status);
}
