package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * A call in progress, and the only place that ends one. It starts the handler behind its
 * interceptors, feeds it messages, and turns what comes first, the handler's result, a failure on
 * the wire, cancellation or the deadline, into the one terminal event.
 *
 * <p>State is plain fields of one context. The result of a handler may arrive on another thread; it
 * is brought back to the context before it touches them.
 *
 * @param <Req> the request message
 * @param <Resp> the response message
 */
public final class ActiveCall<Req, Resp> extends CallLinks implements ServerCall<Req, Resp> {

  private final BoundMethod<Req, Resp> bound;
  private final CallStream<Resp> stream;
  private final Deadline deadline;
  private final ActiveCalls registry;
  private final RequestQueue<Req> requests;

  /** The event-loop thread of the context; null where a context has many threads. */
  private final @Nullable Thread owner;

  private ObservedCall observed = ObservedCall.NONE;
  private @Nullable Metadata headers;
  Metadata responseHeaders = Metadata.EMPTY;
  private Metadata trailers = Metadata.EMPTY;
  private Principal principal = Principal.ANONYMOUS;
  private boolean compression = true;
  private boolean answered;
  private boolean handlerDone;
  private boolean sentFromElsewhere;
  private @Nullable Status end;
  private boolean cancelled;
  private @Nullable Promise<Status> cancelPromise;
  private @Nullable Promise<Status> closePromise;
  private @Nullable Handler<Void> drainHandler;

  public ActiveCall(
      BoundMethod<Req, Resp> bound,
      CallStream<Resp> stream,
      Deadline deadline,
      ActiveCalls registry) {
    this.bound = bound;
    this.stream = stream;
    this.deadline = deadline;
    this.registry = registry;
    this.requests = new RequestQueue<>(bound.method(), stream);
    this.owner = stream.context().isEventLoopContext() ? Thread.currentThread() : null;
  }

  // What the protocol calls.

  /** Runs the handler; on the call's context, once. */
  public void start() {
    registry.add(this);
    observed = ObservedCall.start(bound.observer(), stream, this);
    Future<Void> result;
    Method<?, ?> before = registry.running().enter(bound.method());
    try {
      result = bound.handler().handle(this);
    } catch (Throwable failure) {
      // Throwable: an Error of one handler must end its call, not leave it without an answer.
      handlerFailed(failure);
      return;
    } finally {
      registry.running().enter(before);
    }
    if (result == null) {
      handlerFailed(new IllegalStateException("the handler returned null (expected: a future)"));
    } else {
      result.onComplete(this::handlerSettled);
    }
  }

  private void handlerSettled(@Nullable Void nothing, @Nullable Throwable failure) {
    if (owner == Thread.currentThread() && !sentFromElsewhere) {
      handlerDone(failure);
    } else {
      // Behind the messages that another thread had sent.
      context().runOnContext(turn -> handlerDone(failure));
    }
  }

  /** Returns what takes the sizes of the messages. */
  public ObservedCall observed() {
    return observed;
  }

  /** Whether a message would be taken now; the protocol decodes none before that. */
  public boolean wantsMessage() {
    return end == null && requests.wantsMessage();
  }

  /** Takes one request message. */
  public void onMessage(Req message) {
    if (end != null) {
      return;
    }
    Method<?, ?> before = registry.running().enter(bound.method());
    try {
      requests.onMessage(message, this);
    } catch (Throwable failure) {
      // As in guarded(), without an object for each message.
      handlerFailed(failure);
    } finally {
      registry.running().enter(before);
    }
  }

  /** Takes the end of the request messages. */
  public void onHalfClose() {
    if (end != null) {
      return;
    }
    Method<?, ?> before = registry.running().enter(bound.method());
    try {
      requests.onHalfClose(this);
    } catch (Throwable failure) {
      // As in guarded(), without an object for each call.
      handlerFailed(failure);
    } finally {
      registry.running().enter(before);
    }
  }

  /** Takes the news that the stream has room again. */
  public void onReady() {
    Handler<Void> handler = drainHandler;
    if (handler != null && end == null && !stream.writeQueueFull()) {
      drainHandler = null;
      guarded(() -> handler.handle(null));
    }
  }

  /** Takes the news that the caller or its connection has gone: nothing can be sent any more. */
  public void onCancelled(String reason) {
    if (end == null) {
      terminate(Status.CANCELLED.withDescription(reason), true, false);
    }
  }

  /** Ends the call before its handler, and tells the caller and the handler why. */
  public void fail(Status status) {
    fail(status.asException());
  }

  /** Ends the call before its handler, and tells the caller and the handler why. */
  public void fail(StatusException failure) {
    if (end == null) {
      if (!failure.trailers().isEmpty()) {
        trailers().addAll(failure.trailers());
      }
      terminate(failure.status(), true, true);
    }
  }

  // What the registry calls.

  void failOnContext(Status status) {
    if (owner == Thread.currentThread()) {
      fail(status);
    } else {
      context().runOnContext(turn -> fail(status));
    }
  }

  // What the handler calls.

  @Override
  public Method<Req, Resp> method() {
    return bound.method();
  }

  @Override
  public Metadata headers() {
    if (headers == null) {
      headers = stream.headers();
    }
    return headers;
  }

  @Override
  public Deadline deadline() {
    return deadline;
  }

  @Override
  public Peer peer() {
    return stream.peer();
  }

  @Override
  public Principal principal() {
    return principal;
  }

  @Override
  public ServerCall<Req, Resp> principal(Principal caller) {
    principal = caller;
    return this;
  }

  @Override
  public Context context() {
    return stream.context();
  }

  @Override
  public ReadStream<Req> requests() {
    return requests;
  }

  @Override
  public Future<Req> request() {
    return requests.single();
  }

  @Override
  public boolean requestCompressed() {
    return stream.messageCompressed();
  }

  @Override
  public Metadata responseHeaders() {
    if (responseHeaders == Metadata.EMPTY) {
      responseHeaders = new Metadata();
    }
    return responseHeaders;
  }

  @Override
  public Metadata trailers() {
    if (trailers == Metadata.EMPTY) {
      trailers = new Metadata();
    }
    return trailers;
  }

  @Override
  public Future<Void> sendHeaders() {
    return end != null ? ended() : stream.sendHeaders(responseHeaders);
  }

  @Override
  public Future<Void> send(Resp message) {
    if (owner == Thread.currentThread()) {
      return sendOnContext(message);
    }
    sentFromElsewhere = true;
    Promise<Void> handedOver = Promise.promise();
    context().runOnContext(turn -> sendOnContext(message).onComplete(handedOver));
    return handedOver.future();
  }

  private Future<Void> sendOnContext(Resp message) {
    if (end != null) {
      return ended();
    }
    if (!bound.method().type().hasSingleResponse()) {
      // Nobody counts them, and to ask the future for its state takes a lock, for each message.
      return stream.send(message, compression, responseHeaders);
    }
    if (answered) {
      return Future.failedFuture(
          new IllegalStateException(bound.method().fullName() + " answers with one message only"));
    }
    Future<Void> handedOver = stream.send(message, compression, responseHeaders);
    answered = !handedOver.failed();
    return handedOver;
  }

  @Override
  public boolean writeQueueFull() {
    return end == null && stream.writeQueueFull();
  }

  @Override
  public ServerCall<Req, Resp> drainHandler(@Nullable Handler<Void> handler) {
    drainHandler = handler;
    return this;
  }

  @Override
  public ServerCall<Req, Resp> compression(boolean allowed) {
    compression = allowed;
    return this;
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public Future<Status> cancelled() {
    if (cancelPromise == null) {
      cancelPromise = Promise.promise();
      if (cancelled && end != null) {
        cancelPromise.complete(end);
      }
    }
    return cancelPromise.future();
  }

  @Override
  public Future<Status> closed() {
    if (closePromise == null) {
      closePromise = Promise.promise();
      if (end != null) {
        closePromise.complete(end);
      }
    }
    return closePromise.future();
  }

  private void handlerDone(@Nullable Throwable failure) {
    if (failure != null) {
      handlerFailed(failure);
      return;
    }
    if (end == null && !answered && bound.method().type().hasSingleResponse()) {
      handlerFailed(new IllegalStateException("the handler succeeded without a response message"));
      return;
    }
    handlerDone = true;
    if (end == null) {
      terminate(Status.OK, false, true);
    }
  }

  private void handlerFailed(Throwable failure) {
    if (handlerDone) {
      return;
    }
    handlerDone = true;
    StatusException outcome =
        Failures.outcome(failure, method(), end != null, registry.exceptions());
    if (end == null) {
      if (!outcome.trailers().isEmpty()) {
        trailers().addAll(outcome.trailers());
      }
      terminate(outcome.status(), false, true);
    }
  }

  private void terminate(Status status, boolean early, boolean tell) {
    end = status;
    cancelled = early;
    drainHandler = null;
    registry.remove(this);
    if (tell && early) {
      stream.cutShort(status, responseHeaders, trailers);
    } else if (tell) {
      stream.close(status, responseHeaders, trailers);
    }
    observed.closed(status);
    if (early) {
      guarded(() -> requests.onCancelled(status));
      if (cancelPromise != null) {
        cancelPromise.tryComplete(status);
      }
    }
    if (closePromise != null) {
      closePromise.tryComplete(status);
    }
  }

  private Future<Void> ended() {
    Status status = end == null || end.isOk() ? Status.CANCELLED : end;
    return Future.failedFuture(
        status.withDescription("the call is over: " + (end == null ? "" : end)).asException());
  }

  private void guarded(Runnable callback) {
    Method<?, ?> before = registry.running().enter(bound.method());
    try {
      callback.run();
    } catch (Throwable failure) {
      // Throwable: as in start(); a callback of the handler belongs to the handler.
      handlerFailed(failure);
    } finally {
      registry.running().enter(before);
    }
  }
}
