package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.Address;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.ReadStream;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.common.ServiceMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls the methods of a service, which one server has or several. Connections are made when they are
 * needed and shared by all calls and all {@linkplain #with views}. May be used by any thread; a call
 * lives on the context it is made on. The connections live on the event loop on which the channel was
 * created; calls from there cost least.
 *
 * <p>It is a {@code GrpcClient}, so that generated Vert.x stubs run on it, with the options of the
 * view they were made with. Whatever fails there fails with a {@code StatusException}: a response that
 * is a bare failure fails {@code request.response()}, and a stream that ends in a failure calls its
 * exception handler. The address that a stub was made with may be that of another server.
 */
public final class Channel implements GrpcClient {

  private final Servers servers;
  private final CallOptions callOptions;
  private final List<ClientInterceptor> interceptors;
  private final ClientCallObserver observer;

  private Channel(
      Servers servers,
      CallOptions callOptions,
      List<ClientInterceptor> interceptors,
      ClientCallObserver observer) {
    this.servers = servers;
    this.callOptions = callOptions;
    this.interceptors = interceptors;
    this.observer = observer;
  }

  private Channel(Servers servers) {
    this(servers, CallOptions.DEFAULTS, List.of(), ClientCallObserver.NONE);
  }

  /**
   * Returns a channel without connecting.
   *
   * @throws IllegalArgumentException if a file that the options name cannot be read
   */
  public static Channel create(Vertx vertx, ChannelOptions options) {
    return new Channel(new Servers(vertx, options, null));
  }

  /**
   * Returns a channel to the servers that a resolver finds; the target only says what they are
   * called.
   */
  public static Channel create(Vertx vertx, ChannelOptions options, Resolver resolver) {
    return new Channel(new Servers(vertx, options, resolver));
  }

  /** Returns a view of this channel whose calls have these options; costs next to nothing. */
  public Channel with(CallOptions options) {
    return new Channel(servers, options, interceptors, observer);
  }

  /**
   * Returns a view of this channel whose calls pass an interceptor, after those that they pass
   * already.
   */
  public Channel intercept(ClientInterceptor interceptor) {
    List<ClientInterceptor> all = new ArrayList<>(interceptors);
    all.add(interceptor);
    return new Channel(servers, callOptions, List.copyOf(all), observer);
  }

  /** Returns a view of this channel whose calls are also shown to an observer. */
  public Channel observe(ClientCallObserver observer) {
    return new Channel(servers, callOptions, interceptors, this.observer.and(observer));
  }

  public ChannelOptions options() {
    return servers.options();
  }

  public CallOptions callOptions() {
    return callOptions;
  }

  /**
   * Returns what is known of each server of the target at the moment; of none before the first call,
   * which finds them.
   */
  public Future<List<ServerState>> servers() {
    return servers
        .own()
        .state()
        .map(channel ->
            channel.servers().stream().map(ChannelState.Server::known).toList());
  }

  /** Makes a call of which nothing is sent yet; its deadline counts from now. */
  public <Req, Resp> ClientCall<Req, Resp> call(Method<Req, Resp> method) {
    return call(servers.own(), method);
  }

  /** Makes a unary call. Fails with the {@code StatusException} of the call. */
  public <Req, Resp> Future<Resp> unary(Method<Req, Resp> method, Req request) {
    return sendOnly(method, request).response();
  }

  /** Makes a call that is answered by a stream; an end other than OK goes to its exception handler. */
  public <Req, Resp> ReadStream<Resp> serverStreaming(Method<Req, Resp> method, Req request) {
    return sendOnly(method, request).responses();
  }

  private <Req, Resp> ClientCall<Req, Resp> sendOnly(Method<Req, Resp> method, Req request) {
    HttpCall<Req, Resp> call = call(servers.own(), method);
    Future<Void> sent = call.sendLast(request);
    if (!sent.succeeded()) {
      sent.onFailure(call::abandon);
    }
    return call;
  }

  /** Sends a stream at the server's pace and returns the one answer. */
  public <Req, Resp> Future<Resp> clientStreaming(
      Method<Req, Resp> method, ReadStream<Req> requests) {
    ClientCall<Req, Resp> call = call(method);
    call.sendHeaders();
    call.sendAll(requests);
    return call.response();
  }

  /** Sends a stream at the server's pace and returns the stream of answers. */
  public <Req, Resp> ReadStream<Resp> bidi(Method<Req, Resp> method, ReadStream<Req> requests) {
    ClientCall<Req, Resp> call = call(method);
    call.sendHeaders();
    call.sendAll(requests);
    return call.responses();
  }

  @Override
  public Future<GrpcClientRequest<Buffer, Buffer>> request() {
    return stubRequest(servers.own(), StubMethod.raw(), "", "");
  }

  @Override
  public Future<GrpcClientRequest<Buffer, Buffer>> request(Address server) {
    return server instanceof SocketAddress address
        ? stubRequest(servers.at(address), StubMethod.raw(), "", "")
        : unknown(server);
  }

  @Override
  public <Req, Resp> Future<GrpcClientRequest<Req, Resp>> request(ServiceMethod<Resp, Req> method) {
    return stubRequest(
        servers.own(),
        StubMethod.of(method),
        method.serviceName().fullyQualifiedName(),
        method.methodName());
  }

  @Override
  public <Req, Resp> Future<GrpcClientRequest<Req, Resp>> request(
      Address server, ServiceMethod<Resp, Req> method) {
    return server instanceof SocketAddress address
        ? stubRequest(
            servers.at(address),
            StubMethod.of(method),
            method.serviceName().fullyQualifiedName(),
            method.methodName())
        : unknown(server);
  }

  /** Hands out the request on the context of its call, where a stub uses it at once. */
  private <Req, Resp> Future<GrpcClientRequest<Req, Resp>> stubRequest(
      LoadBalancer balancer, StubMethod<Req, Resp> stub, String service, String method) {
    GrpcClientRequest<Req, Resp> request = new StubRequest<>(this, balancer, stub, service, method);
    Context context = servers.vertx().getOrCreateContext();
    if (CallContext.isCurrent(context)) {
      return Future.succeededFuture(request);
    }
    Promise<GrpcClientRequest<Req, Resp>> promise = Promise.promise();
    context.runOnContext(turn -> promise.complete(request));
    return promise.future();
  }

  private static <T> Future<T> unknown(Address server) {
    return Future.failedFuture(Status.UNAVAILABLE
        .withDescription("address: " + server + " (expected: a SocketAddress)")
        .asException());
  }

  /**
   * Returns what to make generated stubs with, for them to call the servers of this channel. With
   * another address they call the server that is there.
   */
  public SocketAddress address() {
    return servers.address();
  }

  /** Closes the connections; calls in flight fail with UNAVAILABLE, later ones too. */
  @Override
  public Future<Void> close() {
    return servers.close();
  }

  /** Makes a call to the servers of a balancer of this channel. */
  <Req, Resp> HttpCall<Req, Resp> call(LoadBalancer balancer, Method<Req, Resp> method) {
    return new HttpCall<>(
            balancer, method, callOptions, interceptors, servers.vertx().getOrCreateContext())
        .start(observer);
  }
}
