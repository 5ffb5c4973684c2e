package dev.grpcbackend.client;

import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.List;

/** Finds the servers of a channel. */
@FunctionalInterface
public interface Resolver {

  /**
   * Returns the addresses of the servers as of now, in order of preference; none is a failure.
   * Called on the event loop of the channel: when the first call is made, after a pause when a
   * connection was lost or could not be made, and every {@link #refresh()}. Servers that are no longer named get no more calls. If
   * the future fails, the addresses of last time stay.
   */
  Future<List<SocketAddress>> resolve();

  /** Returns after which time to ask again while the channel is used, zero for not without need. */
  default Duration refresh() {
    return Duration.ZERO;
  }
}
