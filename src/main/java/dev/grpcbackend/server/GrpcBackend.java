package dev.grpcbackend.server;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.ExceptionMapper;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.call.StubMethods;
import dev.grpcbackend.protocol.CallLimits;
import dev.grpcbackend.protocol.ConnectProtocol;
import dev.grpcbackend.protocol.GrpcProtocol;
import dev.grpcbackend.protocol.GrpcWebProtocol;
import dev.grpcbackend.protocol.Protocol;
import dev.grpcbackend.protocol.RestProtocol;
import dev.grpcbackend.transport.ConnectionListener;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeldMemory;
import dev.grpcbackend.transport.HttpLimits;
import dev.grpcbackend.transport.SocketTransport;
import dev.grpcbackend.transport.VertxHttpTransport;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.Service;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Answers calls, by gRPC and by the protocols of the web. It is a {@link GrpcServer}, so generated Vert.x services bind to it unchanged,
 * and the request handler of any {@code HttpServer} or of a Vert.x Web route.
 *
 * <p>Register everything, then serve: the first request freezes it, and registering after that is an
 * {@link IllegalStateException}. Make one for each HTTP server instance; calls run on the context
 * that their request came on.
 */
public final class GrpcBackend implements GrpcServer {

  private final Vertx vertx;
  private final CallLimits limits;
  private final Protocols protocols;
  private final List<ServerInterceptor> interceptors = new ArrayList<>();
  private final List<CallObserver> observers = new ArrayList<>();
  private final List<BoundMethod<?, ?>> methods = new ArrayList<>();
  private final List<Service> services = new ArrayList<>();
  private final Map<String, ServiceDescriptor> schemas = new HashMap<>();
  private final ActiveCalls calls = new ActiveCalls();
  private final MethodTable table = new MethodTable();
  private @Nullable Handler<GrpcServerRequest<Buffer, Buffer>> fallback;
  private UnaryOperator<Handler<Exchange>> before = UnaryOperator.identity();
  private List<Protocol> spoken = List.of();
  private @Nullable Handler<Exchange> gateway;
  private @Nullable VertxHttpTransport entry;

  private GrpcBackend(Vertx vertx, CallLimits limits, Protocols protocols) {
    this.vertx = vertx;
    this.limits = limits;
    this.protocols = protocols;
  }

  /** Returns a server without methods, with the default limits and protocols. */
  public static GrpcBackend create(Vertx vertx) {
    return create(vertx, CallLimits.DEFAULTS);
  }

  /** Returns a server without methods, with the default protocols. */
  public static GrpcBackend create(Vertx vertx, CallLimits limits) {
    return create(vertx, limits, Protocols.DEFAULTS);
  }

  /** Returns a server without methods. */
  public static GrpcBackend create(Vertx vertx, CallLimits limits, Protocols protocols) {
    return new GrpcBackend(vertx, limits, protocols);
  }

  /** Adds the methods of a service. */
  public GrpcBackend add(BindableService service) {
    service.methods().forEach(this::add);
    return this;
  }

  /** Adds one method. */
  public GrpcBackend add(BoundMethod<?, ?> method) {
    checkOpen();
    methods.add(method);
    return this;
  }

  /** Adds an interceptor for all methods; the first added is the first to see a call. */
  public GrpcBackend intercept(ServerInterceptor interceptor) {
    checkOpen();
    interceptors.add(interceptor);
    return this;
  }

  /** Adds what sees all calls, also those that become none; the first added sees them first. */
  public GrpcBackend observe(CallObserver observer) {
    checkOpen();
    observers.add(observer);
    return this;
  }

  /** Sets what knows the exceptions of the handlers. */
  public GrpcBackend exceptions(ExceptionMapper mapper) {
    checkOpen();
    calls.exceptions(mapper);
    return this;
  }

  /** Sets what gets every request first, and hands on what it has no answer for. */
  GrpcBackend before(UnaryOperator<Handler<Exchange>> before) {
    checkOpen();
    this.before = before;
    return this;
  }

  /** Sets what answers the methods that nobody registered, their messages left as bytes. */
  @Override
  public GrpcBackend callHandler(@Nullable Handler<GrpcServerRequest<Buffer, Buffer>> handler) {
    checkOpen();
    fallback = handler;
    return this;
  }

  @Override
  public <Req, Resp> GrpcBackend callHandler(
      ServiceMethod<Req, Resp> method, Handler<GrpcServerRequest<Req, Resp>> handler) {
    String service = method.serviceName().fullyQualifiedName();
    return add(StubMethods.bind(method, schemas.get(service), handler));
  }

  @Override
  public GrpcBackend addService(Service service) {
    checkOpen();
    services.add(service);
    schemas.put(service.name().fullyQualifiedName(), service.descriptor());
    service.bind(this);
    return this;
  }

  @Override
  public List<Service> services() {
    return List.copyOf(services);
  }

  /** Returns the calls in progress. */
  public ActiveCalls calls() {
    return calls;
  }

  /** Returns the methods that are served; complete only after {@link #freeze()}. */
  public MethodTable methods() {
    return table;
  }

  /** Returns the full names of the services that have a method, sorted; after {@link #freeze()}. */
  public SortedSet<String> serviceNames() {
    return table.serviceNames();
  }

  /** Returns the names of the protocols that are spoken; after {@link #freeze()}. */
  public List<String> protocolNames() {
    return spoken.stream().map(Protocol::name).toList();
  }

  /** Returns what serves the sockets of a server that has nothing else to serve. */
  SocketTransport onSockets(
      HttpLimits limits, ConnectionListener listener, HeldMemory memory, LongSupplier clock) {
    return new SocketTransport(limits, gateway(), listener, memory, clock);
  }

  /**
   * Composes the interceptors and closes registration; the first request does it otherwise.
   *
   * @throws IllegalArgumentException if two methods have one name, or their {@code google.api.http}
   *     rules cannot be served or are for the same requests
   */
  public GrpcBackend freeze() {
    gateway();
    return this;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (entry == null) {
      entry = new VertxHttpTransport(vertx, gateway());
    }
    entry.handle(request);
  }

  /** Returns what answers every request, and closes registration. */
  Handler<Exchange> gateway() {
    Handler<Exchange> ready = gateway;
    if (ready == null) {
      CallObserver observer = CallObserver.of(observers);
      calls.observer(observer);
      for (BoundMethod<?, ?> method : methods) {
        table.add(method.intercepted(interceptors).observedBy(observer.forMethod(method.method())));
      }
      Handler<GrpcServerRequest<Buffer, Buffer>> unknown = fallback;
      if (unknown != null) {
        table.fallback(path -> bindUnknown(path, unknown));
      }
      spoken = spoken();
      ready = new Gateway(spoken);
      if (protocols.cors().isEnabled()) {
        ready = new CrossOrigin(protocols, ready);
      }
      ready = before.apply(ready);
      gateway = ready;
    }
    return ready;
  }

  /** Those that share a media type are asked in this order. */
  private List<Protocol> spoken() {
    List<Protocol> on = new ArrayList<>();
    if (protocols.grpc()) {
      on.add(new GrpcProtocol(table, limits, calls));
    }
    if (protocols.grpcWeb()) {
      on.add(new GrpcWebProtocol(table, limits, calls));
    }
    if (protocols.connect()) {
      on.add(new ConnectProtocol(table, limits, calls));
    }
    if (protocols.rest()) {
      on.add(new RestProtocol(table, limits, calls));
    }
    return on;
  }

  private @Nullable BoundMethod<?, ?> bindUnknown(
      String path, Handler<GrpcServerRequest<Buffer, Buffer>> handler) {
    int slash = path.indexOf('/', 1);
    boolean wellFormed = slash > 1 && slash < path.length() - 1 && path.indexOf('/', slash + 1) < 0;
    return wellFormed
        ? StubMethods.raw(path.substring(1, slash), path.substring(slash + 1), handler)
            .behind(interceptors)
            .observedBy(calls.observer())
        : null;
  }

  private void checkOpen() {
    if (gateway != null) {
      throw new IllegalStateException("the server has started, register methods before that");
    }
  }
}
