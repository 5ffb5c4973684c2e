package dev.grpcbackend.server;

import dev.grpcbackend.transport.Connection;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The open connections of one HTTP server. Lives on the context of that server. */
final class Connections {

  /** PROTOCOL-HTTP2 and RFC 9113, section 6.8: the last stream of a GOAWAY that refuses nothing. */
  private static final int ALL_STREAMS = Integer.MAX_VALUE;

  /** How long a peer may take to answer a ping before the drain goes on without it. */
  static final Duration ROUND_TRIP = Duration.ofSeconds(1);

  private final Set<Connection> open = new HashSet<>();
  private boolean draining;

  void add(Connection connection) {
    open.add(connection);
    connection.closeHandler(closed -> open.remove(connection));
    if (draining) {
      connection.goAway(Connection.NO_ERROR, ALL_STREAMS);
    }
  }

  /**
   * Asks every peer to open its next calls elsewhere, refusing none yet, and completes when each has
   * had the time to hear it: with the answer to a ping, or after a second.
   */
  Future<Void> announceEnd(Vertx vertx) {
    draining = true;
    List<Future<Void>> heard = new ArrayList<>();
    for (Connection connection : List.copyOf(open)) {
      connection.goAway(Connection.NO_ERROR, ALL_STREAMS);
      // A connection that closes meanwhile needs no answer.
      heard.add(connection.ping().recover(closed -> Future.succeededFuture()));
    }
    Future<Void> bound =
        vertx.timer(ROUND_TRIP.toMillis(), TimeUnit.MILLISECONDS).mapEmpty();
    return heard.isEmpty()
        ? Future.succeededFuture()
        : Future.any(Future.all(heard), bound).mapEmpty();
  }

  /** Tells every peer which of its calls is the last that is served. */
  void refuseMore() {
    for (Connection connection : List.copyOf(open)) {
      connection.goAway(Connection.NO_ERROR, Connection.LAST_OPENED);
    }
  }
}
