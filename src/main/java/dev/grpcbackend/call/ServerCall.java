package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Caller;
import dev.grpcbackend.rpc.CurrentCaller;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * One call as its handler and interceptors see it: what the caller sent, and the ways to answer.
 *
 * <p><b>Order and end.</b> Response headers, then messages in the order of {@link #send}, then
 * exactly one status with the trailers. Nobody closes a call: the future that the handler returns
 * does, OK for success, else the status of its {@code StatusException}; any other failure becomes
 * UNKNOWN with a constant text. A call that was cancelled has ended; what its handler still does has
 * no effect on the wire.
 *
 * <p><b>Context.</b> A call lives on one Vert.x context, {@link #context()}; all callbacks run there
 * and all methods are to be called there, except {@link #send}, which may be called from anywhere:
 * what a thread sent before it completed the handler's future leaves before the status.
 *
 * @param <Req> the request message
 * @param <Resp> the response message
 */
public interface ServerCall<Req, Resp> extends Caller {

  /**
   * Returns the call that is served on the context on which this is called, for code that is not
   * handed it, such as a generated service; null if there is none, or no more.
   */
  static @Nullable ServerCall<?, ?> current() {
    Context context = Vertx.currentContext();
    return context != null && CurrentCaller.of(context) instanceof ServerCall<?, ?> call
        ? call
        : null;
  }

  Method<Req, Resp> method();

  /** Returns what the caller sent before its messages; must not be changed. */
  @Override
  Metadata headers();

  /**
   * Returns when the call has to be over: the caller's deadline capped by the server's maximum, or
   * the server's default. It covers waiting and is never absent, but may be {@link Deadline#NEVER}
   * for long-lived methods.
   */
  @Override
  Deadline deadline();

  Peer peer();

  /** Returns who calls: {@link Principal#ANONYMOUS} unless an interceptor has found out. */
  Principal principal();

  /** Sets who calls; for interceptors that have found out. */
  ServerCall<Req, Resp> principal(Principal caller);

  Context context();

  /**
   * Returns the request messages. Nothing is read from the network until a handler is set; the
   * stream then flows, and {@code pause} and {@code fetch} reach back to the caller's flow-control
   * window. On cancellation the exception handler gets a {@code StatusException}.
   */
  ReadStream<Req> requests();

  /**
   * Reads the only message of a unary or server-streaming call. Completes when the caller has
   * half-closed; never completes if the call ends before that.
   *
   * @throws IllegalStateException if the caller may send a stream
   */
  Future<Req> request();

  /** Whether the request message received last was compressed on the wire. */
  boolean requestCompressed();

  /** Returns the response headers, to be added to before they are sent. */
  Metadata responseHeaders();

  /** Returns the trailers that will go with the status, whatever it is. */
  Metadata trailers();

  /**
   * Sends the response headers now rather than with the first message. Only the first call has an
   * effect. Completes when they were handed to the transport.
   */
  Future<Void> sendHeaders();

  /**
   * Sends one message. Messages of one turn of the event loop leave together. Completes when the
   * message was handed to the transport; fails with CANCELLED or DEADLINE_EXCEEDED if the call is
   * over, with INTERNAL if the message cannot be encoded. Never throws, never blocks.
   */
  Future<Void> send(Resp message);

  /**
   * Sends every message of {@code source} at the caller's pace. Completes when the source has ended
   * and fails with the failure of the source, so it can be returned by the handler as it is.
   */
  default Future<Void> sendAll(ReadStream<Resp> source) {
    return new StreamCopy<>(source, this).start();
  }

  /** Whether the caller reads more slowly than messages are sent; wait for the drain handler then. */
  boolean writeQueueFull();

  /** Sets what to do when there is room again after {@link #writeQueueFull()} was true. */
  ServerCall<Req, Resp> drainHandler(@Nullable Handler<Void> handler);

  /**
   * Allows or forbids compression of the messages sent from now on. Allowed at first; it happens
   * only if the caller accepts it and the server's options say so.
   */
  ServerCall<Req, Resp> compression(boolean allowed);

  /** Whether the call ended before its handler did. */
  boolean isCancelled();

  /**
   * Completes with the reason when the call ends before its handler: CANCELLED if the caller or its
   * connection has gone, DEADLINE_EXCEEDED, UNAVAILABLE at the end of a drain. Never completes for
   * a call that ends through its handler. Stop working then.
   */
  @Override
  Future<Status> cancelled();

  /** Completes once, when the call is over, with the status the caller was sent or would have been. */
  Future<Status> closed();
}
