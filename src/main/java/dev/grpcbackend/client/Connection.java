package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Numbers;
import dev.grpcbackend.rpc.Status;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.GoAway;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection to a server: takes streams up to the server's limit, sees whether the server
 * is still there, and goes when it is not used.
 *
 * <p>Made and watched on the event loop of the channel. Streams are taken and given back by any
 * thread, hence the atomic counter.
 */
final class Connection {

  /** An idle connection is seen to be idle this many times before it is closed. */
  private static final int IDLE_LOOKS = 4;

  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private static final Buffer PING = Buffer.buffer(new byte[8]);

  private final Subchannel owner;
  private final Context home;
  private final ChannelOptions options;
  private final Context own;
  private final Connector connector;
  private final long number = Numbers.next();
  private final CallCounts streams;
  private @Nullable HttpClientAgent agent;
  private final AtomicInteger active = new AtomicInteger();
  private volatile @Nullable HttpClientConnection http;
  private volatile int maxActive;
  private volatile boolean usable;
  private volatile boolean closed;
  private volatile @Nullable String closeReason;

  /** The last stream that the server takes, if it has said so. */
  private volatile int lastStream = Integer.MAX_VALUE;

  private volatile boolean goneAway;

  /** How many streams were taken, only to see that it changes: written before {@link #active} is. */
  private int taken;

  private int takenAtLook;
  private int idleLooks;
  private boolean watched;
  private long connectTimer;
  private @Nullable Long idleTimer;
  private @Nullable Long keepaliveTimer;
  private boolean pinged;

  Connection(Subchannel owner, Context home, Connector connector) {
    this.owner = owner;
    this.home = home;
    this.options = connector.options();
    this.own = CallContext.apart(home);
    this.connector = connector;
    this.streams = new CallCounts(Channels.of(home.owner()));
  }

  Subchannel server() {
    return owner;
  }

  /** Connects; the owner is told what came of it. */
  void open(HttpConnectOptions server) {
    long millis = options.transport().connectTimeout().toMillis();
    connectTimer = home.owner()
        .setTimer(
            millis,
            late -> fail(Status.UNAVAILABLE.withDescription("cannot connect to " + owner.text()
                + ": no answer within " + millis + " ms (transport.connectTimeout)")));
    own.runOnContext(turn -> {
      if (!closed) {
        HttpClientAgent made = connector.agent();
        agent = made;
        made.connect(server)
            .onComplete(
                this::onConnected,
                refused ->
                    fail(TransportStatus.notConnected(refused, owner.text(), options.tls())));
      }
    });
  }

  private void onConnected(HttpClientConnection connection) {
    if (closed) {
      return;
    }
    if (connection.getWindowSize() < 0) {
      // Only HTTP/2 has windows.
      fail(Status.UNAVAILABLE.withDescription(
          owner.text() + " does not speak HTTP/2: it chose HTTP/1.1"));
      return;
    }
    home.owner().cancelTimer(connectTimer);
    http = connection;
    maxActive = limit(connection);
    usable = true;
    // Vert.x would log it as an error; the calls on the connection say it to whom it concerns.
    connection.exceptionHandler(failure -> LOG.debug("connection to {}", owner.text(), failure));
    connection.goAwayHandler(this::onGoAway);
    connection.closeHandler(end -> close("was closed", true));
    // The connection takes note of a new limit only after this handler.
    connection.remoteSettingsHandler(changed -> home.runOnContext(turn -> {
      maxActive = limit(connection);
      owner.onRoom();
    }));
    watchIdle();
    watchPeer();
    owner.onReady(this);
  }

  private static int limit(HttpClientConnection connection) {
    return (int) Math.min(Integer.MAX_VALUE, connection.maxActiveStreams());
  }

  private void fail(Status status) {
    if (!closed && http == null) {
      closed = true;
      home.owner().cancelTimer(connectTimer);
      closeAgent();
      owner.onFailed(this, status);
    }
  }

  // Streams ------------------------------------------------------------------------------------

  /** Takes room for one stream, if there is any. */
  boolean tryTake() {
    int now;
    do {
      now = active.get();
      if (!usable || now >= maxActive) {
        return false;
      }
      taken++;
    } while (!active.compareAndSet(now, now + 1));
    return true;
  }

  /** An attempt of a call begins, in the room that was taken. */
  void begun() {
    streams.begun();
    owner.streams().begun();
  }

  /** An attempt of a call has ended. */
  void ended(boolean ok) {
    streams.ended(ok);
    owner.streams().ended(ok);
    owner.outcomes().add(ok);
  }

  /** Returns what is known of it, once it is connected. */
  ChannelState.Socket seen() {
    HttpClientConnection connection = Objects.requireNonNull(http);
    return new ChannelState.Socket(
        number,
        connection.localAddress(),
        connection.remoteAddress(),
        connection.isSsl() ? connection.sslSession().getCipherSuite() : "",
        streams.totals());
  }

  /** Gives the room for a stream back. */
  void release() {
    if (active.decrementAndGet() == 0 && !usable) {
      home.runOnContext(turn -> closeUnused());
    }
    owner.onRoom();
  }

  int active() {
    return active.get();
  }

  /** Opens a stream, for which room was taken, on the caller's context. */
  Future<HttpClientRequest> stream(String path) {
    HttpClientConnection connection = http;
    return connection == null
        ? Future.failedFuture(new IllegalStateException("not connected"))
        : connection.request(new RequestOptions().setMethod(HttpMethod.POST).setURI(path));
  }

  String address() {
    return owner.text();
  }

  /** Says why streams have ended without an end of theirs, null if the connection still stands. */
  @Nullable
  String closeReason() {
    return closeReason;
  }

  /** Whether the server has said that it leaves. */
  boolean isGoneAway() {
    return goneAway;
  }

  /** Returns the last stream that the server may have seen, as it said first. */
  int lastStream() {
    return lastStream;
  }

  /** Runs a step on {@code context} when the end of the connection, if this is it, was seen. */
  void afterEnd(Context context, Runnable step) {
    home.runOnContext(turn -> context.runOnContext(next -> step.run()));
  }

  boolean isClosed() {
    return closed;
  }

  // The end ------------------------------------------------------------------------------------

  private void onGoAway(GoAway goAway) {
    if (goAway.getDebugData() instanceof BufferInternal copy) {
      // Vert.x makes it for this handler, out of memory that somebody has to give back; a buffer
      // that it hands out cannot, the one below can.
      ReferenceCountUtil.release(copy.getByteBuf().unwrap());
    }
    lastStream = goAway.getLastStreamId();
    goneAway = true;
    if (goAway.getErrorCode() == TransportStatus.ENHANCE_YOUR_CALM) {
      owner.onTooManyPings();
    }
    retire();
  }

  /** Takes no more streams; closes when the last one has ended. */
  void retire() {
    if (usable) {
      usable = false;
      owner.onUnusable(this);
      closeUnused();
    }
  }

  private void closeUnused() {
    if (active.get() == 0) {
      close("is no longer used");
    }
  }

  /** Closes the connection and with it every stream. */
  void close(String reason) {
    close(reason, false);
  }

  /** Closes all that there is; what was lost as its Vert.x was closed, was closed with it. */
  private void close(String reason, boolean lost) {
    if (closed) {
      return;
    }
    closed = true;
    closeReason = reason;
    home.owner().cancelTimer(connectTimer);
    stop(idleTimer);
    stop(keepaliveTimer);
    if (usable) {
      usable = false;
      owner.onUnusable(this);
    }
    owner.onClosed(this);
    if (!lost || !owner.isClosed()) {
      closeAgent();
    }
  }

  private void closeAgent() {
    if (agent != null) {
      agent.close();
    }
  }

  private void stop(@Nullable Long timer) {
    if (timer != null) {
      home.owner().cancelTimer(timer);
    }
  }

  // Watching -----------------------------------------------------------------------------------

  /** Whether one stream of it is no call: the health of its server is watched. */
  void watched(boolean on) {
    watched = on;
  }

  private void watchIdle() {
    long millis = Math.max(1, options.connections().idleTimeout().toMillis() / IDLE_LOOKS);
    idleTimer = home.owner().setPeriodic(millis, look -> {
      boolean idle = active.get() <= (watched ? 1 : 0) && taken == takenAtLook;
      takenAtLook = taken;
      idleLooks = idle ? idleLooks + 1 : 0;
      if (isIdle()) {
        owner.onIdle(this);
      }
    });
  }

  /** Whether it was not used for long. */
  boolean isIdle() {
    return idleLooks >= IDLE_LOOKS;
  }

  /** Sends a PING now and then (gRFC A8); a server that does not answer is gone. */
  private void watchPeer() {
    ChannelOptions.Keepalive keepalive = options.keepalive();
    long millis = owner.keepaliveMillis();
    if (millis > 0) {
      keepaliveTimer = home.owner().setTimer(millis, due -> {
        if (keepalive.withoutCalls() || active.get() > 0) {
          ping(keepalive);
        } else {
          watchPeer();
        }
      });
    }
  }

  private void ping(ChannelOptions.Keepalive keepalive) {
    HttpClientConnection connection = http;
    if (connection == null) {
      return;
    }
    pinged = true;
    keepaliveTimer = home.owner().setTimer(keepalive.timeout().toMillis(), late -> {
      if (pinged) {
        close("did not answer a ping within " + keepalive.timeout().toMillis()
            + " ms (keepalive.timeout)");
      }
    });
    connection.ping(PING).onSuccess(pong -> {
      pinged = false;
      if (!closed) {
        stop(keepaliveTimer);
        watchPeer();
      }
    });
  }
}
