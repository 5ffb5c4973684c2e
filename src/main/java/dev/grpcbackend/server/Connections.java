package dev.grpcbackend.server;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.transport.Connection;
import dev.grpcbackend.transport.ConnectionListener;
import dev.grpcbackend.transport.Cut;
import dev.grpcbackend.transport.SocketConnection;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of one server: one timer looks at all of them, which is cheaper than a timer
 * for each and exact enough for rules of seconds. Lives on the context of that server.
 */
final class Connections implements ConnectionListener {

  /** How long a peer may take to answer a ping before the drain goes on without it. */
  static final Duration ROUND_TRIP = Duration.ofSeconds(1);

  /** The pace of the timer. */
  private static final long LOOK_MILLIS = 1_000;

  private final Map<Connection, ConnectionLife> open = new HashMap<>();
  private final ConnectionRules rules;
  private final Keepalive keepalive;
  private final int rstBudget;
  private final CutLog cuts;
  private final ResetsByAddress resets;
  private final LongSupplier clock;
  private final AttendedTime time;
  private boolean draining;

  Connections(ServerOptions options, CutLog cuts, ResetsByAddress resets, LongSupplier clock) {
    this.rules = options.connections();
    this.keepalive = options.keepalive();
    this.rstBudget = options.transport().rstBudget();
    this.cuts = cuts;
    this.resets = resets;
    this.clock = clock;
    this.time = new AttendedTime(clock, Duration.ofMillis(2 * LOOK_MILLIS));
  }

  @Override
  public void opened(SocketConnection connection) {
    add(connection, new ConnectionLife(connection, rules, keepalive, time.now()));
    if (draining) {
      connection.goAway(Connection.NO_ERROR, Connection.ALL_STREAMS);
    }
  }

  @Override
  public void identified(SocketConnection before, SocketConnection now) {
    ConnectionLife life = open.remove(before);
    if (life != null) {
      life.connection(now);
      add(now, life);
      if (draining) {
        now.goAway(Connection.NO_ERROR, Connection.ALL_STREAMS);
      }
    }
  }

  @Override
  public void cut(Connection connection, Cut cut) {
    cuts.add(cut, connection.remoteAddress().hostAddress());
  }

  @Override
  public boolean reset(Connection connection, int opened) {
    Object network = ConnectionGate.network(connection.remoteAddress());
    return network != null && resets.add(network, opened, rstBudget, clock.getAsLong());
  }

  private void add(SocketConnection connection, ConnectionLife life) {
    open.put(connection, life);
    connection.closeHandler(closed -> open.remove(connection));
  }

  /** Looks at all of them from now on, by a timer of the context, which is returned. */
  long watch(Vertx vertx) {
    return vertx.setPeriodic(LOOK_MILLIS, timer -> look());
  }

  /** Looks at all of them once. */
  void look() {
    long now = time.look();
    for (ConnectionLife life : List.copyOf(open.values())) {
      Cut cut = life.look(now);
      if (cut != null) {
        cut(life.connection(), cut);
      }
    }
    cuts.write(clock.getAsLong());
  }

  /** Returns the life of a connection, null of one that has gone. */
  @Nullable
  ConnectionLife of(Peer connection) {
    return open.get(connection);
  }

  Collection<ConnectionLife> lives() {
    return open.values();
  }

  int size() {
    return open.size();
  }

  /** Returns how many exchanges are open, on each connection. */
  IntStream exchanges() {
    return open.values().stream().mapToInt(life -> life.connection().exchanges());
  }

  /**
   * Asks every peer to open its next calls elsewhere, refusing none yet, and completes when each has
   * had the time to hear it: with the answer to a ping, or after a second.
   */
  Future<Void> announceEnd(Vertx vertx) {
    draining = true;
    List<Future<Void>> heard = new ArrayList<>();
    for (Connection connection : List.copyOf(open.keySet())) {
      connection.goAway(Connection.NO_ERROR, Connection.ALL_STREAMS);
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
    for (Connection connection : List.copyOf(open.keySet())) {
      connection.goAway(Connection.NO_ERROR, Connection.LAST_OPENED);
    }
  }
}
