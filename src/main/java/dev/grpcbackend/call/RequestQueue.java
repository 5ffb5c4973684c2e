package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one call. Holds at most one decoded message: the protocol decodes the next only
 * when {@link #wantsMessage()} says so, what has not been decoded stays under flow control.
 *
 * <p>Unary and server-streaming methods take exactly one message, which is handed over when the
 * caller has half-closed (statuscodes.md: a cardinality violation is UNIMPLEMENTED).
 */
final class RequestQueue<Req> implements ReadStream<Req> {

  private final boolean single;
  private final CallStream<?> stream;
  private @Nullable Promise<Req> singlePromise;
  private @Nullable Req singleMessage;
  private int count;
  private long demand = Long.MAX_VALUE;
  private boolean halfClosed;
  private boolean endSeen;
  private @Nullable Status failure;
  private @Nullable Handler<Req> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  RequestQueue(Method<?, ?> method, CallStream<?> stream) {
    this.single = method.type().hasSingleRequest();
    this.stream = stream;
  }

  boolean wantsMessage() {
    if (single) {
      return singlePromise != null || handler != null;
    }
    return handler != null && demand > 0;
  }

  Future<Req> single() {
    if (!single) {
      throw new IllegalStateException("the caller may send many messages, read requests() instead");
    }
    if (singlePromise == null) {
      singlePromise = Promise.promise();
      stream.pull();
    }
    return singlePromise.future();
  }

  void onMessage(Req message, ActiveCall<Req, ?> call) {
    count++;
    if (!single) {
      deliver(message);
    } else if (count == 1) {
      singleMessage = message;
    } else {
      call.fail(exactlyOne("more"));
    }
  }

  void onHalfClose(ActiveCall<Req, ?> call) {
    if (halfClosed) {
      return;
    }
    Req message = singleMessage;
    if (single && message == null) {
      call.fail(exactlyOne("0"));
      return;
    }
    halfClosed = true;
    if (!single) {
      deliverEnd();
    } else if (singlePromise != null) {
      singleMessage = null;
      singlePromise.complete(message);
    } else {
      deliverSingle();
    }
  }

  void onCancelled(Status status) {
    failure = status;
    if (!endSeen && exceptionHandler != null) {
      exceptionHandler.handle(status.asException());
    }
  }

  private void deliver(Req message) {
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    if (handler != null) {
      handler.handle(message);
    }
  }

  private void deliverSingle() {
    Req message = singleMessage;
    if (message != null && handler != null && demand > 0) {
      singleMessage = null;
      deliver(message);
      deliverEnd();
    }
  }

  private void deliverEnd() {
    if (!endSeen) {
      endSeen = true;
      if (endHandler != null) {
        endHandler.handle(null);
      }
    }
  }

  private static Status exactlyOne(String got) {
    return Status.UNIMPLEMENTED.withDescription(
        "method requires exactly one request message, got " + got);
  }

  @Override
  public ReadStream<Req> handler(@Nullable Handler<Req> handler) {
    this.handler = handler;
    if (handler != null) {
      wake();
    }
    return this;
  }

  @Override
  public ReadStream<Req> pause() {
    demand = 0;
    return this;
  }

  @Override
  public ReadStream<Req> resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public ReadStream<Req> fetch(long amount) {
    demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
    wake();
    return this;
  }

  @Override
  public ReadStream<Req> endHandler(@Nullable Handler<Void> endHandler) {
    this.endHandler = endHandler;
    return this;
  }

  @Override
  public ReadStream<Req> exceptionHandler(@Nullable Handler<Throwable> exceptionHandler) {
    this.exceptionHandler = exceptionHandler;
    Status failed = failure;
    if (exceptionHandler != null && failed != null && !endSeen) {
      exceptionHandler.handle(failed.asException());
    }
    return this;
  }

  private void wake() {
    if (single && halfClosed) {
      deliverSingle();
    } else {
      stream.pull();
    }
  }
}
