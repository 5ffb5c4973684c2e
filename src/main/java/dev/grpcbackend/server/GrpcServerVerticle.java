package dev.grpcbackend.server;

import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.ExceptionMapper;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionsReader;
import dev.grpcbackend.policy.Authenticator;
import dev.grpcbackend.policy.Limits;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.service.Health;
import dev.grpcbackend.transport.Cut;
import dev.grpcbackend.transport.GatedServer;
import dev.grpcbackend.transport.HeldMemory;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.grpc.server.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC server as a verticle. Deploy it from code, with what the {@link #builder()} was given, or
 * by class name, with its options in the deployment's configuration. To use several event loops,
 * deploy the builder with {@code DeploymentOptions.setInstances(n)}: the instances share the port.
 *
 * <p>Started means listening. Undeploying drains: health turns NOT_SERVING, callers are told to go
 * elsewhere, calls in progress may finish within {@code drain.timeout}, the rest end with
 * UNAVAILABLE; nothing is cut before that.
 */
public final class GrpcServerVerticle extends VerticleBase {

  private final Builder settings;
  private @Nullable Connections connections;
  private @Nullable ServerOptions options;
  private @Nullable GrpcBackend backend;
  private @Nullable NetServer server;
  private @Nullable TlsReload reload;
  private @Nullable EventLoopWatch watch;
  private @Nullable CallPipeline pipeline;
  private @Nullable Future<DrainReport> drain;

  /** Creates a server that reads its options from the configuration it is deployed with. */
  public GrpcServerVerticle() {
    this(builder());
  }

  private GrpcServerVerticle(Builder settings) {
    this.settings = settings;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** What a server serves and how; the source of one verticle for each instance. */
  public static final class Builder implements Supplier<GrpcServerVerticle> {

    private @Nullable ServerOptions options;

    private final CutLog cuts = new CutLog();
    private final ResetsByAddress resets = new ResetsByAddress();
    private LongSupplier clock = System::nanoTime;
    private HeldMemory memory = HeldMemory.OF_PROCESS;
    private Health health = new Health();
    private Authenticator authenticator = Authenticator.NOBODY;
    private final Limits limits = new Limits();
    private ClassLoader loader = GrpcServerVerticle.class.getClassLoader();
    private final List<Consumer<GrpcBackend>> registrations = new ArrayList<>();

    private Builder() {}

    /** Sets the options; without them they are read from the deployment's configuration. */
    public Builder options(ServerOptions options) {
      this.options = options;
      return this;
    }

    /** Adds a service with a generated Vert.x stub. */
    public Builder service(Service service) {
      registrations.add(backend -> backend.addService(service));
      return this;
    }

    /** Adds a service made of single methods. */
    public Builder service(BindableService service) {
      registrations.add(backend -> backend.add(service));
      return this;
    }

    /**
     * Adds one method by its full name, {@code "package.Service/Method"}; no stub is needed.
     *
     * @see BoundMethod#of
     */
    public <Req extends com.google.protobuf.Message, Resp extends com.google.protobuf.Message>
        Builder method(
            String fullName,
            Class<Req> request,
            Class<Resp> response,
            ServerCalls.Shaped<Req, Resp> handler) {
      return method(BoundMethod.of(fullName, request, response, handler));
    }

    /** Adds one method. */
    public Builder method(BoundMethod<?, ?> method) {
      registrations.add(backend -> backend.add(method));
      return this;
    }

    /** Adds an interceptor for all methods; the first added is the first to see a call. */
    public Builder intercept(ServerInterceptor interceptor) {
      registrations.add(backend -> backend.intercept(interceptor));
      return this;
    }

    /** Adds what sees all calls, also those that become none; the first added sees them first. */
    public Builder observe(CallObserver observer) {
      registrations.add(backend -> backend.observe(observer));
      return this;
    }

    /** Sets what knows the exceptions of the handlers. */
    public Builder exceptions(ExceptionMapper mapper) {
      registrations.add(backend -> backend.exceptions(mapper));
      return this;
    }

    /**
     * Sets what finds out who calls, before the ways of a policy file do. Without such a file every
     * caller whom it finds may call everything, and nobody else anything.
     */
    public Builder authenticator(Authenticator authenticator) {
      this.authenticator = authenticator;
      return this;
    }

    /** Sets the health that callers ask for; it may be shared by many servers. */
    public Builder health(Health health) {
      this.health = health;
      return this;
    }

    /** Sets the loader of the classes that the options name; ours by default. */
    public Builder classLoader(ClassLoader loader) {
      this.loader = loader;
      return this;
    }

    /** Sets the clock of the rules for connections, in nanoseconds. */
    Builder clock(LongSupplier clock) {
      this.clock = clock;
      return this;
    }

    /** Sets the memory that is shared with others; that of the process by default. */
    Builder memory(HeldMemory memory) {
      this.memory = memory;
      return this;
    }

    private void register(Vertx vertx, GrpcBackend backend, ServerOptions effective) {
      registrations.forEach(registration -> registration.accept(backend));
      BuiltInServices.register(vertx, backend, effective.services(), health, loader);
      backend.freeze();
    }

    /** Returns the methods that a server would have, by name, without starting one. */
    public List<Method<?, ?>> methods(Vertx vertx) {
      ServerOptions effective = options == null ? ServerOptions.DEFAULTS : options;
      GrpcBackend backend =
          GrpcBackend.create(vertx, effective.callLimits(), effective.protocols());
      register(vertx, backend, effective);
      return backend.methods().methods().stream()
          .<Method<?, ?>>map(BoundMethod::method)
          .sorted(Comparator.comparing(Method::fullName))
          .toList();
    }

    public GrpcServerVerticle build() {
      return new GrpcServerVerticle(this);
    }

    /** The same as {@link #build()}, so that a builder can be deployed with many instances. */
    @Override
    public GrpcServerVerticle get() {
      return build();
    }
  }

  @Override
  public Future<?> start() throws Exception {
    ServerOptions effective = settings.options != null
        ? settings.options
        : new OptionsReader<>(ServerOptions.DEFAULTS)
            .read(List.of(ConfigTree.text("config", config().encode())))
            .options();
    options = effective;
    GrpcBackend serving = GrpcBackend.create(vertx, effective.callLimits(), effective.protocols());
    backend = serving;
    CallPipeline passed =
        CallPipeline.of(context, effective, serving, settings.health, settings.cuts);
    pipeline = passed;
    return passed
        .open(serving, effective.policy(), settings.authenticator, settings.limits)
        .compose(opened -> open(serving, effective))
        .onFailure(failure -> unwatch());
  }

  /** Registers what is served, and listens. */
  private Future<NetServer> open(GrpcBackend serving, ServerOptions effective) {
    settings.register(vertx, serving, effective);
    started(pipeline).registered(serving);
    settings.health.register(serving.serviceNames());
    NetServerOptions sockets = SocketOptions.of(effective);
    if (!effective.tls().isEnabled()) {
      return listen(serving, effective, sockets);
    }
    return vertx
        .executeBlocking(() -> {
          TlsFiles files = TlsFiles.read(effective.tls());
          files.into(sockets.getSslOptions(), vertx);
          return files;
        })
        .compose(files -> listen(serving, effective, sockets).onSuccess(listening -> {
          reload = new TlsReload(vertx, listening, sockets.getSslOptions(), files);
          reload.start();
        }));
  }

  private Future<NetServer> listen(
      GrpcBackend serving, ServerOptions effective, NetServerOptions options) {
    Connections watched =
        new Connections(effective, settings.cuts, settings.resets, settings.clock);
    watched.watch(vertx);
    connections = watched;
    NetServer sockets =
        new GatedServer(vertx, options, new ConnectionGate(effective.connections(), settings.cuts));
    sockets.connectHandler(
        serving.onSockets(effective.httpLimits(), watched, settings.memory, settings.clock));
    server = sockets;
    if (effective.watchdog().enabled() && context.isEventLoopContext()) {
      EventLoopWatch watching = new EventLoopWatch(
          effective.watchdog(), context, serving.calls().running(), settings.health);
      watch = watching;
    }
    return sockets.listen().onSuccess(listening -> watch());
  }

  private void watch() {
    started(pipeline).started(started(connections), watch, actualPort());
    if (watch != null) {
      Watchdog.OF_PROCESS.add(watch);
    }
  }

  @Override
  public Future<?> stop() {
    return drain().eventually(this::unwatch);
  }

  private Future<Void> unwatch() {
    if (watch != null) {
      Watchdog.OF_PROCESS.remove(watch);
    }
    return pipeline == null ? Future.succeededFuture() : pipeline.end();
  }

  /** Returns the port that is listened on. Started servers only. */
  public int actualPort() {
    return started(server).actualPort();
  }

  /**
   * Returns the port on which those who operate the server are answered, 0 if they have none of their
   * own. Started servers only.
   */
  public int managementPort() {
    return started(pipeline).managementPort();
  }

  /** Returns the full names of the services that are served, sorted. Started servers only. */
  public SortedSet<String> serviceNames() {
    return started(backend).serviceNames();
  }

  /** Returns the names of the protocols that are spoken. Started servers only. */
  public List<String> protocolNames() {
    return started(backend).protocolNames();
  }

  /** Returns the health that callers ask for. */
  public Health health() {
    return settings.health;
  }

  /** Returns how long a drain waits for calls in progress. Started servers only. */
  public Duration drainTimeout() {
    return started(options).drain().timeout();
  }

  /**
   * Returns how many connections, and exchanges on them, have been ended because of what their
   * clients did, of each kind that there was; of all servers of one builder. From any thread.
   */
  public Map<Cut, Long> cuts() {
    return settings.cuts.counts();
  }

  /** Looks at the connections, as a timer does every second, and returns how many there are. */
  Future<Integer> lookAtConnections() {
    Promise<Integer> looked = Promise.promise();
    context.runOnContext(turn -> {
      started(connections).look();
      started(pipeline).look();
      looked.complete(started(connections).size());
    });
    return looked.future();
  }

  /** Returns the calls in progress. Started servers only. */
  public ActiveCalls calls() {
    return started(backend).calls();
  }

  /** Returns how many times a handler has blocked the event loop; from any thread. */
  public long eventLoopBlocks() {
    EventLoopWatch watching = watch;
    return watching == null ? 0 : watching.blocked();
  }

  /**
   * Ends the server in order and reports; the second call returns the first one's result. It takes
   * at most {@code drain.delay} and {@code drain.timeout} and a few seconds. May be called from any
   * thread.
   */
  public Future<DrainReport> drain() {
    Promise<DrainReport> report = Promise.promise();
    context.runOnContext(turn -> drainOnContext().onComplete(report));
    return report.future();
  }

  private Future<DrainReport> drainOnContext() {
    if (drain == null) {
      NetServer sockets = server;
      drain = sockets == null
          ? Future.succeededFuture(new DrainReport(0, 0))
          : stopReload().compose(stopped -> orderlyEnd(sockets).run());
    }
    return drain;
  }

  private OrderlyEnd orderlyEnd(NetServer sockets) {
    return new OrderlyEnd(
        vertx, started(options).drain(), settings.health, calls(), started(connections), sockets);
  }

  private Future<Void> stopReload() {
    return reload == null ? Future.succeededFuture() : reload.stop();
  }

  private static <T> T started(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("the server has not been started");
    }
    return part;
  }
}
