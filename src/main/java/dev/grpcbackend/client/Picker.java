package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a server for each call, from what was known of them when it was made. A new one is made
 * when that changes. Used by any thread; never blocks.
 */
interface Picker {

  /** As many as a call may have attempts (gRFC A6), each of them at another server. */
  int MAX_PICKS = 5;

  /** Has no server yet, but may have one soon. */
  Picker WAITING = request -> null;

  /** Returns a server, null if the call has to wait or, with a {@link #failure()}, to fail. */
  @Nullable
  Subchannel pick(StreamRequest request);

  /** Returns a server as {@link #pick} does; where it finds one, one that the call has not been at. */
  default @Nullable Subchannel pickAnew(StreamRequest request) {
    Subchannel server = pick(request);
    for (int picks = 1; picks < MAX_PICKS && server != null && request.wasAt(server); picks++) {
      server = pick(request);
    }
    return server;
  }

  /** Returns why no server can be reached, null if one can or may be soon. */
  default @Nullable Status failure() {
    return null;
  }

  /**
   * Returns the picker of the balancer if a server is ready; otherwise one that waits, if there may be
   * one soon, or fails.
   *
   * @param unresolved why there are no servers, null if that is not known yet
   */
  static Picker among(List<Subchannel> servers, Balancer balancer, @Nullable Status unresolved) {
    Status failure = unresolved;
    boolean soon = false;
    for (Subchannel server : servers) {
      switch (server.state()) {
        case READY -> {
          return balancer.picker(servers);
        }
        case IDLE, CONNECTING -> soon = true;
        case TRANSIENT_FAILURE -> failure = server.failure();
      }
    }
    return soon || failure == null ? WAITING : failing(failure);
  }

  /** Returns a picker that has nothing. */
  static Picker failing(Status status) {
    return new Picker() {
      @Override
      public @Nullable Subchannel pick(StreamRequest request) {
        return null;
      }

      @Override
      public Status failure() {
        return status;
      }
    };
  }
}
