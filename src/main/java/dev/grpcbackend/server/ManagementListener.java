package dev.grpcbackend.server;

import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.GatedServer;
import dev.grpcbackend.transport.HeldMemory;
import dev.grpcbackend.transport.SocketTransport;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.net.BindException;
import org.jspecify.annotations.Nullable;

/**
 * Listens where operators ask, on an event loop of its own where there are enough of them: one that a
 * handler blocks is what they want to hear of. What clients may do is limited as on the port of the
 * calls.
 */
final class ManagementListener extends VerticleBase {

  private final ServerOptions options;
  private final Handler<Exchange> endpoints;
  private volatile @Nullable NetServer server;
  private volatile long timer;

  ManagementListener(ServerOptions options, Handler<Exchange> endpoints) {
    this.options = options;
    this.endpoints = endpoints;
  }

  @Override
  public Future<?> start() {
    CutLog cuts = new CutLog();
    Connections connections =
        new Connections(options, cuts, new ResetsByAddress(), System::nanoTime);
    timer = connections.watch(vertx);
    ManagementOptions address = options.management();
    NetServerOptions sockets =
        new NetServerOptions().setHost(address.host()).setPort(address.port());
    NetServer listening = new GatedServer(
            vertx, sockets, new ConnectionGate(options.connections(), cuts))
        .connectHandler(new SocketTransport(
            options.httpLimits(), endpoints, connections, HeldMemory.OF_PROCESS, System::nanoTime));
    server = listening;
    return listening
        .listen()
        .recover(failure -> Future.failedFuture(
            failure instanceof BindException ? inUse(address, failure) : failure));
  }

  /** Not a BindException, which is that of the server's own address. */
  private static IllegalStateException inUse(ManagementOptions address, Throwable cause) {
    return new IllegalStateException(
        "cannot listen on " + address.host() + ":" + address.port()
            + ", the address for management: " + cause.getMessage(),
        cause);
  }

  /**
   * Stops to listen, from any thread. What is left is an empty verticle: to undeploy it while all of
   * Vert.x ends would have Vert.x log an error.
   */
  void close() {
    NetServer listening = server;
    if (listening != null) {
      vertx.cancelTimer(timer);
      listening.close();
    }
  }

  int actualPort() {
    NetServer listening = server;
    return listening == null ? 0 : listening.actualPort();
  }
}
