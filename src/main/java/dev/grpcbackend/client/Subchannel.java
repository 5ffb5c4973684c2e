package dev.grpcbackend.client;

import dev.grpcbackend.client.ServerState.State;
import dev.grpcbackend.rpc.Numbers;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One server of a channel and the connections to it: one, and more while their streams are all
 * taken. After a failure it waits before it connects again (connection-backoff.md).
 *
 * <p>Changes on the event loop of the channel only; all threads read the state and take streams.
 */
final class Subchannel {

  private final LoadBalancer balancer;
  private final SocketAddress address;
  private final String text;
  private final Context home;
  private final Connector connector;
  private final long number = Numbers.next();
  private final CallCounts streams;
  private volatile Connection[] ready = {};
  private volatile State state = State.IDLE;
  private volatile @Nullable Status out;
  private final Outcomes outcomes;
  private final @Nullable HealthWatch health;
  /** Those that take no more streams are among them until they are closed. */
  private final List<Connection> connections = new ArrayList<>();

  private @Nullable Connection connecting;
  private @Nullable Status failure;
  private int failures;
  private @Nullable Long retryTimer;
  private boolean closed;

  /**
   * Creates a server that is not connected.
   *
   * @param text what errors call it
   * @param outcomes takes what came of its calls
   */
  Subchannel(
      LoadBalancer balancer,
      SocketAddress address,
      String text,
      Context home,
      Connector connector,
      Outcomes outcomes) {
    this.outcomes = outcomes;
    this.balancer = balancer;
    this.address = address;
    this.text = text;
    this.home = home;
    this.connector = connector;
    this.streams = new CallCounts(Channels.of(home.owner()));
    this.health =
        HealthWatch.of(home, balancer.target(), connector.options(), text, balancer::onChange);
  }

  SocketAddress address() {
    return address;
  }

  String text() {
    return text;
  }

  /** Returns what calls can expect of it: who is out or ill is as good as not connected. */
  State state() {
    if (state != State.READY) {
      return state;
    }
    if (out != null) {
      return State.TRANSIENT_FAILURE;
    }
    return health == null ? State.READY : health.state();
  }

  /** Returns why there is no connection, null if that has not been tried. */
  @Nullable
  Status failure() {
    if (out != null) {
      return out;
    }
    return state == State.READY && health != null ? health.failure() : failure;
  }

  /** Returns what came of its calls. */
  Outcomes outcomes() {
    return outcomes;
  }

  /** Takes it out of the rotation or lets it in again, as its outcomes say. */
  void followOutcomes() {
    out = outcomes.isEjected()
        ? Status.UNAVAILABLE.withDescription(
            text + " gets no calls for a while: too many have failed (outlier detection)")
        : null;
  }

  /** Returns what is known; on the event loop of the channel. */
  ServerState known() {
    Status reason = failure();
    return new ServerState(text, state(), ready.length, reason == null ? "" : reason.description());
  }

  /** Returns what is known of it and its connections; on the event loop of the channel. */
  ChannelState.Server seen() {
    return new ChannelState.Server(
        number,
        known(),
        streams.totals(),
        connections.stream().map(Connection::seen).toList());
  }

  CallCounts streams() {
    return streams;
  }

  /** Returns how many streams are taken. */
  int active() {
    int sum = 0;
    for (Connection connection : ready) {
      sum += connection.active();
    }
    return sum;
  }

  /** Takes room for a stream, null if there is none at the moment. */
  @Nullable
  Connection take() {
    for (Connection connection : ready) {
      if (connection.tryTake()) {
        return connection;
      }
    }
    return null;
  }

  // On the event loop of the channel -----------------------------------------------------------

  /** Connects unless it is connected, or does so already, or has to wait after a failure. */
  void connect() {
    if (ready.length == 0) {
      open();
    }
  }

  /** Makes one connection more for calls that find no room, if there may be one. */
  void connectMore() {
    if (ready.length > 0 && ready.length < connector.options().connections().perTarget()) {
      open();
    }
  }

  private void open() {
    if (closed || connecting != null || retryTimer != null) {
      return;
    }
    Connection made = new Connection(this, home, connector);
    connecting = made;
    if (state == State.IDLE) {
      state = State.CONNECTING;
    }
    made.open(connector.to(balancer.target(), address));
  }

  void onReady(Connection connection) {
    connecting = null;
    failures = 0;
    failure = null;
    connections.add(connection);
    usable(connection, true);
    if (closed) {
      connection.retire();
    }
    balancer.onChange();
  }

  void onFailed(Connection connection, Status status) {
    connecting = null;
    failures++;
    failure = status;
    if (closed) {
      return;
    }
    if (ready.length == 0) {
      state = State.TRANSIENT_FAILURE;
    }
    long nanos =
        Backoff.CONNECTING.nanos(failures, () -> ThreadLocalRandom.current().nextDouble());
    retryTimer = home.owner().setTimer(Math.max(1, nanos / 1_000_000), over -> {
      retryTimer = null;
      if (ready.length == 0 && !balancer.isWanted()) {
        state = State.IDLE;
      }
      balancer.onChange();
    });
    balancer.onLoss();
  }

  /** Takes a connection out that takes no more streams; those that it has may go on. */
  void onUnusable(Connection connection) {
    usable(connection, false);
    if (!closed) {
      balancer.onLoss();
    }
  }

  boolean isClosed() {
    return closed;
  }

  void onClosed(Connection connection) {
    connections.remove(connection);
  }

  private void usable(Connection connection, boolean usable) {
    List<Connection> now = new ArrayList<>(List.of(ready));
    now.remove(connection);
    if (usable) {
      now.add(connection);
    }
    ready = now.toArray(Connection[]::new);
    if (!now.isEmpty()) {
      state = State.READY;
    } else {
      state = connecting == null ? State.IDLE : State.CONNECTING;
    }
    if (health != null) {
      health.follow(now);
    }
  }

  /** Called by any thread: there may be room for a call that waits. */
  void onRoom() {
    balancer.onRoom();
  }

  /** Closes a connection that was made for calls that are over, or asks whether to close the last. */
  void onIdle(Connection connection) {
    if (ready.length > 1) {
      connection.retire();
    } else {
      balancer.onIdle();
    }
  }

  /** Whether there is no connection that was used of late. */
  boolean isIdle() {
    for (Connection connection : ready) {
      if (!connection.isIdle()) {
        return false;
      }
    }
    return connecting == null;
  }

  /** Closes what there is, until a call needs it again. */
  void disconnect() {
    for (Connection connection : ready) {
      connection.retire();
    }
  }

  void onTooManyPings() {
    balancer.onTooManyPings();
  }

  long keepaliveMillis() {
    return balancer.keepaliveMillis();
  }

  /** Makes no more connections; those that there are go when their calls have ended. */
  void retire() {
    stop();
    for (Connection connection : List.copyOf(connections)) {
      connection.retire();
    }
  }

  /** Closes the connections with all their calls. */
  void close() {
    stop();
    for (Connection connection : List.copyOf(connections)) {
      connection.close("was closed: so was the channel");
    }
    Connection unfinished = connecting;
    if (unfinished != null) {
      unfinished.close("was closed: so was the channel");
    }
  }

  private void stop() {
    closed = true;
    if (retryTimer != null) {
      home.owner().cancelTimer(retryTimer);
      retryTimer = null;
    }
  }
}
