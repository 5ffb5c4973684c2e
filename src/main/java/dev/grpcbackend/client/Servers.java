package dev.grpcbackend.client;

import io.vertx.core.Closeable;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The servers that a channel and its views call: those of its target, and those at addresses with
 * which stubs were made. Used by any thread.
 */
final class Servers implements Closeable {

  private final Vertx vertx;
  private final Context home;
  private final Connector connector;
  private final Target target;
  private final LoadBalancer own;
  private final Channels channels;

  /** As many as a program has addresses for its stubs. */
  private final Map<SocketAddress, LoadBalancer> others = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /**
   * Prepares to call.
   *
   * @param resolver finds the servers of the target; null for what the target says
   */
  Servers(Vertx vertx, ChannelOptions options, @Nullable Resolver resolver) {
    this.vertx = vertx;
    this.home = CallContext.eventLoop(vertx);
    this.connector = new Connector(vertx, options);
    this.target = Target.parse(options.target());
    this.own =
        new LoadBalancer(home, connector, target, resolver == null ? names(target) : resolver);
    this.channels = Channels.of(vertx);
    channels.add(own);
    // Before the event loops are gone, on which connections would be made again.
    CallContext.closeWith(home, this);
  }

  private @Nullable Resolver names(Target server) {
    SocketAddress name = server.unresolved();
    return name == null ? null : new DnsResolver(vertx, name, server.nameServer());
  }

  Vertx vertx() {
    return vertx;
  }

  ChannelOptions options() {
    return connector.options();
  }

  /** Returns the servers of the target. */
  LoadBalancer own() {
    return own;
  }

  SocketAddress address() {
    return target.address();
  }

  /** Returns the server at an address, or those of the target if it is the target's own. */
  LoadBalancer at(SocketAddress address) {
    if (address.equals(target.address())) {
      return own;
    }
    LoadBalancer other = others.computeIfAbsent(address, unknown -> {
      Target server = Target.of(unknown);
      LoadBalancer made = new LoadBalancer(home, connector, server, names(server));
      channels.add(made);
      return made;
    });
    if (closed) {
      shut(other);
    }
    return other;
  }

  Future<Void> close() {
    CallContext.forget(home, this);
    shut();
    return Future.succeededFuture();
  }

  /** Closes with the verticle, or the Vert.x instance, that made the channel. */
  @Override
  public void close(Completable<Void> done) {
    shut();
    done.succeed();
  }

  private void shut() {
    closed = true;
    shut(own);
    others.values().forEach(this::shut);
  }

  private void shut(LoadBalancer servers) {
    channels.remove(servers);
    servers.close();
  }
}
