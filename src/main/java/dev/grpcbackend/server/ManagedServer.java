package dev.grpcbackend.server;

import dev.grpcbackend.observe.Metrics;
import dev.grpcbackend.observe.ServerState;
import dev.grpcbackend.policy.AccessControl;
import dev.grpcbackend.policy.Admission;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.service.Health;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.IntSummaryStatistics;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a server as those who operate it see it. Its event loop writes down every second
 * what is to be seen, any thread reads it.
 */
final class ManagedServer implements Supplier<ServerState> {

  /** The pace at which numbers are written down; who scrapes them more often sees them twice. */
  private static final long PERIOD_MILLIS = 1_000;

  private final Health health;
  private final Management management;
  private final @Nullable Admission admission;
  private @Nullable Connections connections;
  private @Nullable AccessControl access;
  private volatile @Nullable EventLoopWatch watch;
  private volatile boolean started;
  private volatile int port;
  private volatile ServerState state = ServerState.NONE;

  private ManagedServer(
      Vertx vertx, ServerOptions options, Health health, @Nullable Admission admission) {
    this.health = health;
    this.admission = admission;
    this.management = Management.join(vertx, options, this);
  }

  /** Has a server that is being set up seen, as its options say; null if they do not. */
  static @Nullable ManagedServer join(
      Vertx vertx,
      ServerOptions options,
      GrpcBackend backend,
      Health health,
      CutLog cuts,
      @Nullable Admission admission) {
    if (!options.management().enabled()) {
      return null;
    }
    ManagedServer server = new ManagedServer(vertx, options, health, admission);
    Management management = server.management;
    Metrics metrics = management.counters();
    if (metrics != null) {
      backend.observe(metrics);
      cuts.listener(cut -> metrics.cut(cut.name().toLowerCase(Locale.ROOT)));
    }
    if (options.management().onServerPort()) {
      backend.before(next -> new OperationsEndpoints(management, server.access, next));
    }
    return server;
  }

  /** Has a policy followed, its refusals counted, and the policies that cannot be used. */
  void guard(PolicyReload policy) {
    access = policy.access();
    Metrics metrics = management.counters();
    if (metrics != null) {
      policy.access().listener(metrics::refused);
      policy.onFailure(metrics::policyFailed);
    }
  }

  /** Completes on this context when those who operate the server can ask. */
  Future<Integer> listening(Vertx vertx) {
    return vertx.executeBlocking(management::awaitPort).onSuccess(listening -> port = listening);
  }

  /** Returns the port for operators, 0 if they have none of their own; once it listens. */
  int port() {
    return port;
  }

  /** The server listens, and is seen from now on; on its event loop. */
  void started(Vertx vertx, Connections connections, @Nullable EventLoopWatch watch) {
    this.connections = connections;
    this.watch = watch;
    Metrics metrics = management.counters();
    if (metrics != null) {
      metrics.add(this);
      vertx.setPeriodic(PERIOD_MILLIS, timer -> look());
      if (watch != null) {
        watch.onLag(metrics::lag);
      }
    }
    started = true;
  }

  /** Writes down what is to be seen; on the event loop. */
  void look() {
    Connections open = connections;
    EventLoopWatch watching = watch;
    if (open != null) {
      IntSummaryStatistics streams = open.exchanges().summaryStatistics();
      state = new ServerState(
          (int) streams.getCount(),
          (int) streams.getSum(),
          Math.max(0, streams.getMax()),
          admission == null ? 0 : admission.waiting(),
          admission == null ? 0 : admission.oldestWaitNanos(),
          admission == null ? 0 : admission.refused(),
          watching == null ? 0 : watching.blocked());
    }
  }

  @Override
  public ServerState get() {
    return state;
  }

  boolean isStuck() {
    EventLoopWatch watching = watch;
    return watching != null && watching.isStuck();
  }

  boolean isReady() {
    return started && health.get(Health.SERVER) == ServingStatus.SERVING;
  }

  Health health() {
    return health;
  }

  /** The server has ended, or has never begun. */
  void ended() {
    Metrics metrics = management.counters();
    if (metrics != null) {
      look();
      metrics.remove(this);
    }
    management.leave(this);
  }
}
