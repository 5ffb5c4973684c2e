package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * A call that hands everything on to another one; an interceptor overrides what it wants to see.
 *
 * @param <Req> the request message
 * @param <Resp> the response message
 */
public abstract class ForwardingServerCall<Req, Resp> implements ServerCall<Req, Resp> {

  private final ServerCall<Req, Resp> delegate;

  protected ForwardingServerCall(ServerCall<Req, Resp> delegate) {
    this.delegate = delegate;
  }

  @Override
  public Method<Req, Resp> method() {
    return delegate.method();
  }

  @Override
  public Metadata headers() {
    return delegate.headers();
  }

  @Override
  public Deadline deadline() {
    return delegate.deadline();
  }

  @Override
  public Peer peer() {
    return delegate.peer();
  }

  @Override
  public Principal principal() {
    return delegate.principal();
  }

  @Override
  public ServerCall<Req, Resp> principal(Principal caller) {
    delegate.principal(caller);
    return this;
  }

  @Override
  public Context context() {
    return delegate.context();
  }

  @Override
  public ReadStream<Req> requests() {
    return delegate.requests();
  }

  @Override
  public Future<Req> request() {
    return delegate.request();
  }

  @Override
  public boolean requestCompressed() {
    return delegate.requestCompressed();
  }

  @Override
  public Metadata responseHeaders() {
    return delegate.responseHeaders();
  }

  @Override
  public Metadata trailers() {
    return delegate.trailers();
  }

  @Override
  public Future<Void> sendHeaders() {
    return delegate.sendHeaders();
  }

  @Override
  public Future<Void> send(Resp message) {
    return delegate.send(message);
  }

  @Override
  public boolean writeQueueFull() {
    return delegate.writeQueueFull();
  }

  @Override
  public ServerCall<Req, Resp> drainHandler(@Nullable Handler<Void> handler) {
    delegate.drainHandler(handler);
    return this;
  }

  @Override
  public ServerCall<Req, Resp> compression(boolean allowed) {
    delegate.compression(allowed);
    return this;
  }

  @Override
  public boolean isCancelled() {
    return delegate.isCancelled();
  }

  @Override
  public Future<Status> cancelled() {
    return delegate.cancelled();
  }

  @Override
  public Future<Status> closed() {
    return delegate.closed();
  }
}
