package dev.grpcbackend.policy;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A call of which the test says when it ends; what a policy does not look at is not there. */
final class FakeCall implements ServerCall<Request, Response> {

  static final Method<Request, Response> METHOD = method("Service/Process");

  private static final Context NONE = contextOfNobody();

  private final Method<Request, Response> method;
  private final Metadata headers = new Metadata();
  private final Deadline deadline;
  private final Promise<Status> closed = Promise.promise();
  private final Loop loop;
  private Principal principal = Principal.ANONYMOUS;
  private long startedAt = -1;
  private boolean cancelled;
  private @Nullable Future<Void> result;

  FakeCall(Loop loop, Method<Request, Response> method, Duration timeout) {
    this.loop = loop;
    this.method = method;
    this.deadline = Deadline.afterNanos(timeout.toNanos(), loop::nanos);
  }

  FakeCall(Loop loop) {
    this(loop, METHOD, Duration.ofSeconds(30));
  }

  static Method<Request, Response> method(String fullName) {
    return method(fullName, MethodType.UNARY);
  }

  static Method<Request, Response> method(String fullName, MethodType type) {
    int slash = fullName.indexOf('/');
    return new Method<>(
        fullName.substring(0, slash),
        fullName.substring(slash + 1),
        type,
        Marshaller.of(Request.class),
        Marshaller.of(Response.class),
        false,
        null);
  }

  private static Context contextOfNobody() {
    Vertx vertx = Vertx.vertx();
    Context context = vertx.getOrCreateContext();
    var unused = vertx.close();
    return context;
  }

  FakeCall with(String name, String value) {
    headers.add(name, value);
    return this;
  }

  /** Hands the call to an interceptor; its handler takes {@code cost} of the loop and waits then. */
  FakeCall into(dev.grpcbackend.call.ServerInterceptor interceptor, Duration cost) {
    result = interceptor.intercept(this, call -> {
      startedAt = loop.nanos();
      loop.advance(cost);
      return Promise.<Void>promise().future();
    });
    return this;
  }

  boolean isStarted() {
    return startedAt >= 0;
  }

  long startedAt() {
    return startedAt;
  }

  boolean isRefused() {
    return refusal() != null;
  }

  @Nullable
  Throwable refusal() {
    Future<Void> of = result;
    return of == null ? null : of.cause();
  }

  void cancel() {
    cancelled = true;
    closed.tryComplete(Status.CANCELLED);
  }

  void end(Status status) {
    closed.tryComplete(status);
  }

  @Override
  public Method<Request, Response> method() {
    return method;
  }

  @Override
  public Metadata headers() {
    return headers;
  }

  @Override
  public Deadline deadline() {
    return deadline;
  }

  @Override
  public Context context() {
    return NONE;
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public Future<Status> closed() {
    return closed.future();
  }

  @Override
  public Peer peer() {
    throw unused();
  }

  @Override
  public Principal principal() {
    return principal;
  }

  @Override
  public ServerCall<Request, Response> principal(Principal caller) {
    principal = caller;
    return this;
  }

  @Override
  public ReadStream<Request> requests() {
    throw unused();
  }

  @Override
  public Future<Request> request() {
    throw unused();
  }

  @Override
  public boolean requestCompressed() {
    throw unused();
  }

  @Override
  public Metadata responseHeaders() {
    throw unused();
  }

  @Override
  public Metadata trailers() {
    throw unused();
  }

  @Override
  public Future<Void> sendHeaders() {
    throw unused();
  }

  @Override
  public Future<Void> send(Response message) {
    throw unused();
  }

  @Override
  public boolean writeQueueFull() {
    throw unused();
  }

  @Override
  public ServerCall<Request, Response> drainHandler(@Nullable Handler<Void> handler) {
    throw unused();
  }

  @Override
  public ServerCall<Request, Response> compression(boolean allowed) {
    throw unused();
  }

  @Override
  public Future<Status> cancelled() {
    throw unused();
  }

  private static UnsupportedOperationException unused() {
    return new UnsupportedOperationException("no policy asks for it");
  }
}
