package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The servers behind one target: resolves them, keeps a {@link Subchannel} to each, finds one for
 * every call, and holds the calls that have to wait.
 *
 * <p>Everything changes on one event loop, the channel's; a call of any thread that finds a server
 * ready takes it without going there, by what is volatile or atomic here.
 */
final class LoadBalancer {

  /**
   * How long the addresses of a name are good for at least. Other clients wait 30 s; ours need not,
   * because what asks DNS for it caches for as long as DNS says.
   */
  private static final Duration RESOLVE_INTERVAL = Duration.ofSeconds(1);

  private final Context home;
  private final Connector connector;
  private final Target target;
  private final @Nullable Resolver resolver;
  private final Balancer balancer;
  private final @Nullable RetryThrottle throttle;
  private final List<Subchannel> servers = new ArrayList<>();
  private final List<Waiter> waiters = new ArrayList<>();

  /** Also counts those on their way to the event loop. */
  private final AtomicInteger waiting = new AtomicInteger();

  private volatile Picker picker = Picker.WAITING;
  private volatile boolean closed;
  private long askedAt;
  private boolean wanted;
  private boolean changed;
  private boolean resolving;
  private boolean resolved;
  private long resolvedAt;
  private int resolveFailures;
  private @Nullable Long resolveTimer;
  private @Nullable Status resolveFailure;
  private long keepaliveMillis;

  private record Waiter(StreamRequest request, @Nullable Long timer) {}

  /**
   * Prepares; nothing is resolved or connected before the first call.
   *
   * @param resolver null if the addresses of the target are what it says
   */
  LoadBalancer(Context home, Connector connector, Target target, @Nullable Resolver resolver) {
    this.home = home;
    this.connector = connector;
    this.target = target;
    this.resolver = resolver;
    ServiceConfig config = connector.options().serviceConfig();
    BalancingConfig configured = config.balancing();
    this.balancer = Balancer.of(
        configured != null
            ? configured
            : BalancingConfig.named(connector.options().loadBalancing()));
    RetryThrottle.Limits limits = config.throttling();
    this.throttle = limits == null ? null : new RetryThrottle(limits);
    this.keepaliveMillis = connector.options().keepalive().time().toMillis();
  }

  Target target() {
    return target;
  }

  ChannelOptions options() {
    return connector.options();
  }

  /** Returns what bounds the retries of all calls to this target, null for nothing. */
  @Nullable
  RetryThrottle throttle() {
    return throttle;
  }

  // Called by any thread -----------------------------------------------------------------------

  /** Returns a connection with room taken for one stream; null if the request is told later. */
  @Nullable
  Connection take(StreamRequest request) {
    Subchannel server = picker.pick(request);
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

  /** Forgets a request that does not want a stream any more. */
  void forget(StreamRequest request) {
    if (waiting.get() > 0) {
      home.runOnContext(turn -> waiters.removeIf(waiter -> {
        boolean found = waiter.request == request;
        if (found) {
          leave(waiter);
        }
        return found;
      }));
    }
  }

  /** Looks after calls that wait for room. */
  void onRoom() {
    if (waiting.get() > 0) {
      home.runOnContext(turn -> serveWaiters());
    }
  }

  /** Closes all connections; calls fail, also those that wait and later ones. */
  void close() {
    closed = true;
    CallContext.run(home, () -> {
      picker = Picker.failing(channelClosed());
      stopResolveTimer();
      servers.forEach(Subchannel::close);
      for (Waiter waiter : List.copyOf(waiters)) {
        waiters.remove(waiter);
        refuse(waiter, channelClosed());
      }
    });
  }

  private Status channelClosed() {
    return Status.UNAVAILABLE.withDescription("the channel to " + target.text() + " is closed");
  }

  // Calls that wait ----------------------------------------------------------------------------

  private void admit(StreamRequest request) {
    askedAt = System.nanoTime();
    wanted = true;
    Waiter waiter = new Waiter(request, timer(request));
    if (closed) {
      refuse(waiter, channelClosed());
      return;
    }
    update();
    if (!serve(waiter)) {
      waiters.add(waiter);
    }
  }

  private @Nullable Long timer(StreamRequest request) {
    if (request.waitsForReady() && request.hasDeadline()) {
      return null;
    }
    long millis = connector.options().connections().maxWait().toMillis();
    return home.owner().setTimer(millis, late -> giveUp(request));
  }

  private void giveUp(StreamRequest request) {
    for (Iterator<Waiter> all = waiters.iterator(); all.hasNext(); ) {
      Waiter waiter = all.next();
      if (waiter.request == request) {
        all.remove();
        refuse(waiter, TransportStatus.waitedTooLong(target, connector.options()));
        return;
      }
    }
  }

  private void serveWaiters() {
    waiters.removeIf(this::serve);
  }

  /** Returns whether the waiter was given a connection or refused. */
  private boolean serve(Waiter waiter) {
    Picker now = picker;
    Subchannel server = now.pick(waiter.request);
    Connection connection = server == null ? null : server.take();
    if (connection != null) {
      leave(waiter);
      waiter.request.context().runOnContext(turn -> waiter.request.onConnection(connection));
      return true;
    }
    if (server != null) {
      server.connectMore();
      return false;
    }
    Status failure = now.failure();
    if (failure != null && !waiter.request.waitsForReady()) {
      refuse(waiter, failure);
      return true;
    }
    return false;
  }

  /** Never at once: what the caller does about it must not find the lists here in between. */
  private void refuse(Waiter waiter, Status status) {
    leave(waiter);
    waiter.request.context().runOnContext(turn -> waiter.request.onRefused(status));
  }

  private void leave(Waiter waiter) {
    waiting.decrementAndGet();
    if (waiter.timer != null) {
      home.owner().cancelTimer(waiter.timer);
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
    resolve();
    onChange();
  }

  /** Called when a connection was not used for long: there is no hurry to have it back. */
  void onIdle() {
    wanted = !waiters.isEmpty();
  }

  /** Whether somebody uses a server or has asked for one of late. */
  boolean isWanted() {
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
    if (!resolved) {
      resolve();
    }
    if (wanted) {
      balancer.connect(servers);
    }
    picker = nextPicker();
  }

  private Picker nextPicker() {
    Status failure = resolveFailure;
    if (servers.isEmpty()) {
      return failure == null ? Picker.WAITING : Picker.failing(failure);
    }
    boolean soon = false;
    for (Subchannel server : servers) {
      switch (server.state()) {
        case READY -> {
          return balancer.picker(List.copyOf(servers));
        }
        case IDLE, CONNECTING -> soon = true;
        case TRANSIENT_FAILURE -> failure = server.failure();
      }
    }
    return soon || failure == null ? Picker.WAITING : Picker.failing(failure);
  }

  // Names --------------------------------------------------------------------------------------

  private void resolve() {
    if (resolver == null) {
      if (!resolved) {
        resolved = true;
        onAddresses(target.addresses());
      }
      return;
    }
    if (resolving || closed || resolveTimer != null) {
      return;
    }
    long pause = 0;
    if (resolveFailures > 0) {
      pause = Backoff.CONNECTING.nanos(
          resolveFailures, () -> ThreadLocalRandom.current().nextDouble());
    } else if (resolved) {
      pause = RESOLVE_INTERVAL.toNanos();
    }
    long millis = (resolvedAt + pause - System.nanoTime()) / 1_000_000;
    if (pause > 0 && millis > 0) {
      resolveTimer = home.owner().setTimer(millis, over -> {
        resolveTimer = null;
        ask(resolver);
      });
    } else {
      ask(resolver);
    }
  }

  private void ask(Resolver names) {
    resolving = true;
    names
        .resolve()
        .onComplete(
            found -> CallContext.run(home, () -> onResolved(found, null)),
            failed -> CallContext.run(home, () -> onResolved(List.of(), failed)));
  }

  private void onResolved(List<SocketAddress> found, @Nullable Throwable failed) {
    resolving = false;
    resolvedAt = System.nanoTime();
    if (closed) {
      return;
    }
    if (found.isEmpty()) {
      resolveFailures++;
      resolveFailure = TransportStatus.notResolved(target, failed);
      // A name without servers is asked for again as long as somebody wants it.
      if (isWanted()) {
        resolve();
      }
    } else {
      resolved = true;
      resolveFailures = 0;
      resolveFailure = null;
      onAddresses(found);
    }
    onChange();
  }

  private void onAddresses(List<SocketAddress> found) {
    List<Subchannel> kept = new ArrayList<>();
    for (SocketAddress address : found) {
      if (kept.stream().noneMatch(other -> other.address().equals(address))) {
        kept.add(servers.stream()
            .filter(server -> server.address().equals(address))
            .findFirst()
            .orElseGet(() -> new Subchannel(this, address, text(address, found), home, connector)));
      }
    }
    List<Subchannel> gone = new ArrayList<>(servers);
    gone.removeAll(kept);
    servers.clear();
    servers.addAll(kept);
    gone.forEach(Subchannel::retire);
  }

  /** Returns how errors name a server: as the user does, and its address where there are several. */
  private String text(SocketAddress address, List<SocketAddress> found) {
    String text = Target.text(address);
    SocketAddress name = target.unresolved();
    if (name == null || resolver == null) {
      return text;
    }
    return found.size() == 1 ? Target.text(name) : Target.text(name) + " (" + text + ")";
  }

  private void stopResolveTimer() {
    if (resolveTimer != null) {
      home.owner().cancelTimer(resolveTimer);
      resolveTimer = null;
    }
  }
}
