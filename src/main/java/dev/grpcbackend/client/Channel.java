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

/**
 * Calls the methods of a server. Connections are made when they are needed and shared by all calls and
 * all {@linkplain #with views}. May be used by any thread; a call lives on the context it is made on.
 *
 * <p>It is a {@code GrpcClient}, so that generated Vert.x stubs run on it, with the options of the
 * view they were made with. Whatever fails there fails with a {@code StatusException}: a response that
 * is a bare failure fails {@code request.response()}, and a stream that ends in a failure calls its
 * exception handler. The address that a stub was made with may be that of another server.
 */
public final class Channel implements GrpcClient {

  private final Vertx vertx;
  private final Connections connections;
  private final Target target;
  private final CallOptions callOptions;

  private Channel(Vertx vertx, Connections connections, Target target, CallOptions callOptions) {
    this.vertx = vertx;
    this.connections = connections;
    this.target = target;
    this.callOptions = callOptions;
  }

  /**
   * Returns a channel without connecting.
   *
   * @throws IllegalArgumentException if a file that the options name cannot be read
   */
  public static Channel create(Vertx vertx, ChannelOptions options) {
    return new Channel(
        vertx,
        new Connections(vertx, options),
        Target.parse(options.target()),
        CallOptions.DEFAULTS);
  }

  /** Returns a view of this channel whose calls have these options; costs next to nothing. */
  public Channel with(CallOptions options) {
    return new Channel(vertx, connections, target, options);
  }

  public ChannelOptions options() {
    return connections.options();
  }

  public CallOptions callOptions() {
    return callOptions;
  }

  /** Makes a call of which nothing is sent yet; its deadline counts from now. */
  public <Req, Resp> ClientCall<Req, Resp> call(Method<Req, Resp> method) {
    return call(target, method);
  }

  /** Makes a unary call. Fails with the {@code StatusException} of the call. */
  public <Req, Resp> Future<Resp> unary(Method<Req, Resp> method, Req request) {
    ClientCall<Req, Resp> call = call(method);
    call.sendLast(request).onFailure(unsent -> call.cancel("the request could not be sent"));
    return call.response();
  }

  /** Makes a call that is answered by a stream; an end other than OK goes to its exception handler. */
  public <Req, Resp> ReadStream<Resp> serverStreaming(Method<Req, Resp> method, Req request) {
    ClientCall<Req, Resp> call = call(method);
    call.sendLast(request).onFailure(unsent -> call.cancel("the request could not be sent"));
    return call.responses();
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
    return stubRequest(target, StubMethod.raw(), "", "");
  }

  @Override
  public Future<GrpcClientRequest<Buffer, Buffer>> request(Address server) {
    return server instanceof SocketAddress address
        ? stubRequest(Target.of(address), StubMethod.raw(), "", "")
        : unknown(server);
  }

  @Override
  public <Req, Resp> Future<GrpcClientRequest<Req, Resp>> request(ServiceMethod<Resp, Req> method) {
    return stubRequest(
        target,
        StubMethod.of(method),
        method.serviceName().fullyQualifiedName(),
        method.methodName());
  }

  @Override
  public <Req, Resp> Future<GrpcClientRequest<Req, Resp>> request(
      Address server, ServiceMethod<Resp, Req> method) {
    return server instanceof SocketAddress address
        ? stubRequest(
            Target.of(address),
            StubMethod.of(method),
            method.serviceName().fullyQualifiedName(),
            method.methodName())
        : unknown(server);
  }

  /** Hands out the request on the context of its call, where a stub uses it at once. */
  private <Req, Resp> Future<GrpcClientRequest<Req, Resp>> stubRequest(
      Target server, StubMethod<Req, Resp> stub, String service, String method) {
    GrpcClientRequest<Req, Resp> request = new StubRequest<>(this, server, stub, service, method);
    Context context = vertx.getOrCreateContext();
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

  /** Closes the connections; calls in flight fail with UNAVAILABLE, later ones too. */
  @Override
  public Future<Void> close() {
    return connections.close();
  }

  /** Makes a call to another server over connections of the same kind. */
  <Req, Resp> HttpCall<Req, Resp> call(Target server, Method<Req, Resp> method) {
    return new HttpCall<>(connections, server, method, callOptions, vertx.getOrCreateContext())
        .start();
  }
}
