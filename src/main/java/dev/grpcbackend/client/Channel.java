package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Method;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;

/**
 * Calls the methods of a server. Connections are made when they are needed and shared by all calls and
 * all {@linkplain #with views}. May be used by any thread; a call lives on the context it is made on.
 */
public final class Channel {

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

  /** Closes the connections; calls in flight fail with UNAVAILABLE, later ones too. */
  public Future<Void> close() {
    return connections.close();
  }

  private <Req, Resp> HttpCall<Req, Resp> call(Target server, Method<Req, Resp> method) {
    return new HttpCall<>(connections, server, method, callOptions, vertx.getOrCreateContext())
        .start();
  }
}
