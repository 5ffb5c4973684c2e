package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * The responses of one call. Holds at most one decoded message: the next is decoded only when {@link
 * #wantsMessage()} says so, what has not been decoded stays under flow control.
 *
 * <p>The message of a call that is answered with exactly one is kept until the status is known, so a
 * caller never sees the message of a call that failed.
 */
final class ResponseQueue<Resp> implements ReadStream<Resp> {

  private final Context context;
  private final boolean single;
  private final Runnable demandListener;
  private @Nullable Promise<Resp> singlePromise;
  private @Nullable Resp singleMessage;
  private int count;
  private long demand = Long.MAX_VALUE;
  private boolean succeeded;
  private boolean endSeen;
  private @Nullable StatusException failure;
  private @Nullable Handler<Resp> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  /**
   * Creates the queue.
   *
   * @param demandListener what to do when a message is wanted that was not before
   */
  ResponseQueue(Context context, boolean single, Runnable demandListener) {
    this.context = context;
    this.single = single;
    this.demandListener = demandListener;
  }

  boolean wantsMessage() {
    return single || (handler != null && demand > 0);
  }

  /**
   * Takes a decoded message.
   *
   * @throws StatusException UNIMPLEMENTED if it is the second of a call that is answered with one
   */
  void onMessage(Resp message) {
    count++;
    if (!single) {
      deliver(message);
    } else if (count == 1) {
      singleMessage = message;
    } else {
      throw exactlyOne("more").asException();
    }
  }

  /** Returns OK, or the status of a call that ended with OK but with the wrong number of messages. */
  Status checkedEnd() {
    return single && count == 0 ? exactlyOne("0") : Status.OK;
  }

  /** Ends the stream; everything has been delivered but the message that is kept. */
  void onSuccess() {
    succeeded = true;
    Promise<Resp> promise = singlePromise;
    if (promise != null && singleMessage != null) {
      promise.complete(singleMessage);
    } else if (single) {
      deliverSingle();
    } else {
      deliverEnd();
    }
  }

  void onFailure(StatusException status) {
    failure = status;
    singleMessage = null;
    if (singlePromise != null) {
      singlePromise.fail(status);
    } else if (!endSeen && exceptionHandler != null) {
      endSeen = true;
      exceptionHandler.handle(status);
    }
  }

  /** Returns the only message; called on the context. */
  Future<Resp> single() {
    Promise<Resp> promise = singlePromise;
    if (promise == null) {
      promise = Promise.promise();
      singlePromise = promise;
      if (failure != null) {
        promise.fail(failure);
      } else if (succeeded && singleMessage != null) {
        promise.complete(singleMessage);
      }
    }
    return promise.future();
  }

  private void deliver(Resp message) {
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    if (handler != null) {
      handler.handle(message);
    }
  }

  private void deliverSingle() {
    Resp message = singleMessage;
    if (succeeded && message != null && handler != null && demand > 0) {
      singleMessage = null;
      deliver(message);
      deliverEnd();
    }
  }

  private void deliverEnd() {
    if (!endSeen && endHandler != null) {
      endSeen = true;
      endHandler.handle(null);
    }
  }

  private static Status exactlyOne(String got) {
    return Status.UNIMPLEMENTED.withDescription(
        "method requires exactly one response message, got " + got);
  }

  @Override
  public ReadStream<Resp> handler(@Nullable Handler<Resp> handler) {
    CallContext.run(context, () -> {
      this.handler = handler;
      wake();
    });
    return this;
  }

  @Override
  public ReadStream<Resp> pause() {
    CallContext.run(context, () -> demand = 0);
    return this;
  }

  @Override
  public ReadStream<Resp> resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public ReadStream<Resp> fetch(long amount) {
    if (amount < 0) {
      throw new IllegalArgumentException("fetch: " + amount + " (expected: >= 0)");
    }
    CallContext.run(context, () -> {
      demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
      wake();
    });
    return this;
  }

  @Override
  public ReadStream<Resp> endHandler(@Nullable Handler<Void> endHandler) {
    CallContext.run(context, () -> {
      this.endHandler = endHandler;
      if (succeeded && singleMessage == null) {
        // The stream ended before its reader was there, without a message to hold the end back.
        deliverEnd();
      }
    });
    return this;
  }

  @Override
  public ReadStream<Resp> exceptionHandler(@Nullable Handler<Throwable> exceptionHandler) {
    CallContext.run(context, () -> {
      this.exceptionHandler = exceptionHandler;
      StatusException failed = failure;
      if (exceptionHandler != null && failed != null && !endSeen) {
        endSeen = true;
        exceptionHandler.handle(failed);
      }
    });
    return this;
  }

  private void wake() {
    if (!wantsMessage()) {
      return;
    }
    if (single) {
      deliverSingle();
    } else {
      demandListener.run();
    }
  }
}
