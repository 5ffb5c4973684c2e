package dev.grpcbackend.server;

import dev.grpcbackend.observe.Metrics;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.service.ChannelzService;
import dev.grpcbackend.service.Health;
import dev.grpcbackend.service.ReflectionService;
import dev.grpcbackend.transport.Exchange;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.LocalMap;
import io.vertx.core.shareddata.Shareable;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What is told at one address about all servers of a Vert.x that have it in their options: the
 * instances of a server are asked as one, whoever made them. It lives from the first to the last of
 * them. Thread-safe: they have event loops of their own.
 */
final class Management implements Shareable {

  private static final String ALL = "dev.grpcbackend.management";

  private final Vertx vertx;
  private final String key;
  private final List<ManagedServer> servers = new CopyOnWriteArrayList<>();
  private final @Nullable MetricsPage page;
  private final @Nullable ManagementListener listener;
  private final CompletableFuture<String> deployment;

  private Management(Vertx vertx, ServerOptions options, String key) {
    this.vertx = vertx;
    this.key = key;
    this.page = options.management().metrics() ? new MetricsPage(this::isReady) : null;
    if (options.management().onServerPort()) {
      listener = null;
      deployment = CompletableFuture.completedFuture("");
    } else {
      ManagementListener made = new ManagementListener(options, endpoints(options));
      listener = made;
      // From a thread without a context: what one verticle deploys ends before it, and this has to
      // answer until the last of them has ended.
      deployment = CompletableFuture.supplyAsync(() -> vertx.deployVerticle(made))
          .thenCompose(deployed -> deployed.toCompletionStage());
    }
  }

  private Handler<Exchange> endpoints(ServerOptions options) {
    if (!options.management().channelz()) {
      return new OperationsEndpoints(this, null, OperationsEndpoints::unknown);
    }
    GrpcBackend calls = GrpcBackend.create(vertx, options.callLimits());
    return calls
        .add(new ChannelzService(ChannelzServer.all(vertx), vertx))
        .add(new ReflectionService(calls.methods()))
        .before(next -> new OperationsEndpoints(this, null, next))
        .gateway();
  }

  /** Returns the one that these options ask for, with {@code server} among those it tells about. */
  static synchronized Management join(Vertx vertx, ServerOptions options, ManagedServer server) {
    LocalMap<String, Management> all = vertx.sharedData().getLocalMap(ALL);
    ManagementOptions wanted = options.management();
    String key = wanted.onServerPort()
        ? "beside calls at " + options.host() + ":" + options.port()
        : wanted.host() + ":" + wanted.port();
    Management management = all.get(key);
    if (management == null) {
      management = new Management(vertx, options, key);
      all.put(key, management);
    }
    management.servers.add(server);
    return management;
  }

  /** Takes a server away, and ends this with the last of them. */
  void leave(ManagedServer server) {
    synchronized (Management.class) {
      if (!servers.remove(server) || !servers.isEmpty()) {
        return;
      }
      vertx.sharedData().getLocalMap(ALL).remove(key);
    }
    if (listener != null) {
      listener.close();
    }
    if (page != null) {
      page.close();
    }
  }

  /** Waits until it listens, and returns the port; 0 if it has none of its own. */
  int awaitPort() throws Exception {
    try {
      deployment.get();
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof Exception cause ? cause : failure;
    }
    return listener == null ? 0 : listener.actualPort();
  }

  /** Returns what takes what the servers do; null if nobody wants to know. */
  @Nullable
  Metrics counters() {
    return page == null ? null : page.metrics();
  }

  /** Returns the page of the metrics; null if there is none. */
  @Nullable
  MetricsPage metrics() {
    return page;
  }

  /** Whether every event loop runs; if not, nothing but a new process will help. */
  boolean isLive() {
    return servers.stream().noneMatch(ManagedServer::isStuck);
  }

  /** Whether all servers have started and want calls. */
  boolean isReady() {
    return servers.stream().allMatch(ManagedServer::isReady);
  }

  /** Returns the health of each service; of one that several have, the worst. */
  SortedMap<String, ServingStatus> services() {
    SortedMap<String, ServingStatus> all = new TreeMap<>();
    for (ManagedServer server : servers) {
      server
          .health()
          .all()
          .forEach((name, status) ->
              all.merge(name, status, (one, other) -> one == ServingStatus.SERVING ? other : one));
    }
    all.remove(Health.SERVER);
    return all;
  }
}
