package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Numbers;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The servers behind one target: resolves them, keeps a {@link Subchannel} to each, finds one for
 * every call, and holds the calls that have to wait.
 *
 * <p>Everything changes on one event loop, the channel's; a call of any thread that finds a server
 * ready takes it without going there, by what is volatile or atomic here.
 */
final class LoadBalancer implements Resolution.Listener, StreamSource {

  /**
   * After how many calls in a row whose servers are full the others are not tried: without it, each
   * call that ends would have all try that wait.
   */
  private static final int TRIES_IN_VAIN = 64;

  private static final long NO_TIMER = -1;

  private final Context home;
  private final Connector connector;
  private final Target target;
  private final @Nullable Resolution resolution;
  private final Balancer balancer;
  private final @Nullable Outliers outliers;
  private final @Nullable RetryThrottle throttle;
  private final List<Subchannel> servers = new ArrayList<>();
  private final long number = Numbers.next();
  private final CallCounts calls;
  /** Those who wait, in order, with the timer that ends the waiting, {@link #NO_TIMER} for none. */
  private final Map<StreamRequest, Long> waiters = new LinkedHashMap<>();

  /** Also counts those on their way to the event loop. */
  private final AtomicInteger waiting = new AtomicInteger();

  private final AtomicBoolean roomSeen = new AtomicBoolean();
  private volatile Picker picker = Picker.WAITING;
  private volatile boolean closed;
  private long askedAt;
  private boolean wanted;
  private boolean changed;
  private long keepaliveMillis;

  /**
   * Prepares; nothing is resolved or connected before the first call.
   *
   * @param resolver null if the addresses of the target are what it says
   */
  LoadBalancer(Context home, Connector connector, Target target, @Nullable Resolver resolver) {
    this.home = home;
    this.connector = connector;
    this.target = target;
    this.resolution = resolver == null ? null : new Resolution(home, resolver, target, this);
    ServiceConfig config = connector.options().serviceConfig();
    BalancingConfig balancing = config.balancing(connector.options().loadBalancing());
    this.balancer = Balancer.of(balancing);
    this.outliers = Outliers.of(balancing.outliers());
    RetryThrottle.Limits limits = config.throttling();
    this.throttle = limits == null ? null : new RetryThrottle(limits);
    this.calls = new CallCounts(Channels.of(home.owner()));
    this.keepaliveMillis = connector.options().keepalive().time().toMillis();
  }

  @Override
  public Target target() {
    return target;
  }

  long number() {
    return number;
  }

  @Override
  public CallCounts calls() {
    return calls;
  }

  @Override
  public ChannelOptions options() {
    return connector.options();
  }

  @Override
  public @Nullable RetryThrottle throttle() {
    return throttle;
  }

  // Called by any thread -----------------------------------------------------------------------

  @Override
  public @Nullable Connection take(StreamRequest request) {
    Subchannel server = picker.pickAnew(request);
    Connection connection = server == null ? null : server.take();
    if (connection == null) {
      await(request);
    }
    return connection;
  }

  private void await(StreamRequest request) {
    if (closed) {
      request.onRefused(channelClosed());
    } else if (waiting.incrementAndGet() > connector.options().connections().maxWaitingCalls()) {
      waiting.decrementAndGet();
      request.onRefused(TransportStatus.noPlaceToWait(target, connector.options()));
    } else {
      CallContext.run(home, () -> admit(request));
    }
  }

  @Override
  public void forget(StreamRequest request) {
    if (waiting.get() > 0) {
      home.runOnContext(turn -> {
        Long timer = waiters.remove(request);
        if (timer != null) {
          leave(timer);
        }
      });
    }
  }

  @Override
  public void begun(Connection connection) {
    connection.begun();
  }

  @Override
  public void ended(Connection connection, boolean ok) {
    connection.ended(ok);
  }

  /** Returns what is known of all of it. */
  Future<ChannelState> state() {
    Promise<ChannelState> state = Promise.promise();
    CallContext.run(
        home,
        () -> state.complete(new ChannelState(
            number,
            target.text(),
            ServerState.State.best(servers.stream().map(Subchannel::state)),
            calls.totals(),
            servers.stream().map(Subchannel::seen).toList())));
    return state.future();
  }

  /** Looks after calls that wait for room. */
  void onRoom() {
    if (waiting.get() > 0 && roomSeen.compareAndSet(false, true)) {
      home.runOnContext(turn -> {
        roomSeen.set(false);
        serveWaiters();
      });
    }
  }

  /** Closes all connections; calls fail, also those that wait and later ones. */
  void close() {
    closed = true;
    CallContext.run(home, () -> {
      picker = Picker.failing(channelClosed());
      if (resolution != null) {
        resolution.stop();
      }
      if (outliers != null) {
        outliers.stop(home);
      }
      servers.forEach(Subchannel::close);
      waiters.forEach((request, timer) -> refuse(request, timer, channelClosed()));
      waiters.clear();
    });
  }

  private Status channelClosed() {
    return Status.UNAVAILABLE.withDescription("the channel to " + target.text() + " is closed");
  }

  // Calls that wait ----------------------------------------------------------------------------

  private void admit(StreamRequest request) {
    askedAt = System.nanoTime();
    wanted = true;
    long timer = timer(request);
    if (closed) {
      refuse(request, timer, channelClosed());
      return;
    }
    update();
    if (serve(request, timer) != Serving.DONE) {
      waiters.put(request, timer);
    }
  }

  private long timer(StreamRequest request) {
    if (request.waitsForReady() && request.hasDeadline()) {
      return NO_TIMER;
    }
    long millis = connector.options().connections().maxWait().toMillis();
    return home.owner().setTimer(millis, late -> giveUp(request));
  }

  private void giveUp(StreamRequest request) {
    Long timer = waiters.remove(request);
    if (timer != null) {
      refuse(request, timer, TransportStatus.waitedTooLong(target, connector.options()));
    }
  }

  private void serveWaiters() {
    int inVain = 0;
    Iterator<Map.Entry<StreamRequest, Long>> all = waiters.entrySet().iterator();
    while (all.hasNext() && inVain < TRIES_IN_VAIN) {
      Map.Entry<StreamRequest, Long> waiter = all.next();
      switch (serve(waiter.getKey(), waiter.getValue())) {
        case DONE -> {
          all.remove();
          inVain = 0;
        }
        case FULL -> inVain++;
        case NONE -> {
          // Whether the next one has to wait too is another question: it may want to fail.
        }
      }
    }
  }

  /** What came of looking for a server for a call that waits. */
  private enum Serving {
    /** It has a connection, or was refused. */
    DONE,
    /** Its server has no room. */
    FULL,
    /** There is no server yet. */
    NONE
  }

  private Serving serve(StreamRequest request, long timer) {
    Picker now = picker;
    Subchannel server = now.pickAnew(request);
    Connection connection = server == null ? null : server.take();
    if (connection != null) {
      leave(timer);
      request.context().runOnContext(turn -> request.onConnection(connection));
      return Serving.DONE;
    }
    if (server != null) {
      server.connectMore();
      return Serving.FULL;
    }
    Status failure = now.failure();
    if (failure != null && !request.waitsForReady()) {
      refuse(request, timer, failure);
      return Serving.DONE;
    }
    return Serving.NONE;
  }

  /** Never at once: what the caller does about it must not find the lists here in between. */
  private void refuse(StreamRequest request, long timer, Status status) {
    leave(timer);
    request.context().runOnContext(turn -> request.onRefused(status));
  }

  private void leave(long timer) {
    waiting.decrementAndGet();
    if (timer != NO_TIMER) {
      home.owner().cancelTimer(timer);
    }
  }

  // Changes ------------------------------------------------------------------------------------

  /** Called when the state of a server has changed: makes a new picker at the end of the turn. */
  void onChange() {
    if (!changed && !closed) {
      changed = true;
      home.runOnContext(turn -> {
        changed = false;
        if (!closed) {
          update();
          serveWaiters();
        }
      });
    }
  }

  /** Called when a connection was lost or could not be made: the name may have moved. */
  void onLoss() {
    if (resolution != null) {
      resolution.ask();
    }
    onChange();
  }

  /**
   * Called when a connection was not used for long. The last ones of all servers are closed together:
   * as long as one is used, calls are to find the others.
   */
  void onIdle() {
    if (waiters.isEmpty() && servers.stream().allMatch(Subchannel::isIdle)) {
      wanted = false;
      servers.forEach(Subchannel::disconnect);
    }
  }

  @Override
  public boolean isWanted() {
    wanted &= !waiters.isEmpty()
        || !Balancer.ready(servers).isEmpty()
        || System.nanoTime() - askedAt
            < connector.options().connections().idleTimeout().toNanos();
    return wanted;
  }

  /** gRFC A8: twice the time between pings, for connections made from now on. */
  void onTooManyPings() {
    keepaliveMillis *= 2;
  }

  long keepaliveMillis() {
    return keepaliveMillis;
  }

  private void update() {
    if (resolution != null) {
      resolution.begin();
    } else if (servers.isEmpty()) {
      onAddresses(target.addresses());
    }
    if (wanted) {
      balancer.connect(servers);
    }
    Status unresolved = resolution == null ? null : resolution.failure();
    picker = Picker.among(List.copyOf(servers), balancer, unresolved);
  }

  // Names --------------------------------------------------------------------------------------

  @Override
  public void onAddresses(List<SocketAddress> found) {
    if (servers.isEmpty() && resolution != null) {
      waiters
          .keySet()
          .forEach(waiter -> waiter.context().runOnContext(turn -> waiter.onResolved()));
    }
    List<Subchannel> kept = new ArrayList<>();
    for (SocketAddress address : found) {
      if (kept.stream().noneMatch(other -> other.address().equals(address))) {
        kept.add(servers.stream()
            .filter(server -> server.address().equals(address))
            .findFirst()
            .orElseGet(() -> added(address, found)));
      }
    }
    List<Subchannel> gone = new ArrayList<>(servers);
    gone.removeAll(kept);
    servers.clear();
    servers.addAll(kept);
    gone.forEach(Subchannel::retire);
    if (outliers != null) {
      outliers.watch(home, servers, this::onChange);
    }
    onChange();
  }

  private Subchannel added(SocketAddress address, List<SocketAddress> found) {
    String text = resolution == null ? Target.text(address) : target.text(address, found);
    Outcomes outcomes = outliers == null ? Outcomes.UNSEEN : new Outcomes();
    return new Subchannel(this, address, text, home, connector, outcomes);
  }

  @Override
  public boolean onUnresolved() {
    onChange();
    // A name without servers is asked for again as long as somebody wants it.
    return isWanted();
  }
}
