package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * One call as its caller sees it.
 *
 * <p><b>Start and end.</b> Nothing is sent before the first of {@link #sendHeaders}, {@link #send} and
 * {@link #halfClose}; the deadline counts from the creation of the call. It ends exactly once: with
 * the server's status, at the deadline (DEADLINE_EXCEEDED), by {@link #cancel} (CANCELLED), or when
 * the server cannot be reached any more (UNAVAILABLE). An end that is not OK is reported as the same
 * {@code StatusException} by every future of the call that is still open and by {@link #responses()}.
 *
 * <p><b>Context.</b> A call lives on the Vert.x context on which it was made: all callbacks run there.
 * Methods may be called from any thread.
 *
 * @param <Req> the request message
 * @param <Resp> the response message
 */
public interface ClientCall<Req, Resp> {

  Method<Req, Resp> method();

  Context context();

  /**
   * Returns the request headers, which may be added to on {@link #context()} until the call begins
   * to send; {@link ClientInterceptor}s may also do so.
   */
  Metadata requestHeaders();

  /** Returns when the call has to be over, {@link Deadline#NEVER} if nobody said so. */
  Deadline deadline();

  /**
   * Sends the request headers now rather than with the first message, which a method whose server
   * speaks first needs. Only the first call has an effect. Completes when they were handed to the
   * transport.
   */
  Future<Void> sendHeaders();

  /**
   * Sends one message. Messages of one turn of the event loop leave together. Completes when the
   * message was handed to the transport; fails with the status of the call if it ended before that,
   * with CANCELLED if it had ended with OK, with INTERNAL if the message cannot be encoded. Never
   * throws, never blocks.
   */
  Future<Void> send(Req message);

  /** Says that no more messages will be sent. What has been sent leaves with it, in one write. */
  Future<Void> halfClose();

  /** Sends {@code message} as the last one; a whole unary request is one write. */
  default Future<Void> sendLast(Req message) {
    Future<Void> sent = send(message);
    return sent.failed() ? sent : halfClose();
  }

  /**
   * Sends every message of {@code source} at the server's pace, then half-closes. If the source
   * fails the call is cancelled. Completes when all was sent.
   */
  default Future<Void> sendAll(ReadStream<Req> source) {
    return new RequestCopy<>(source, this).start();
  }

  /** Whether the server reads more slowly than messages are sent; wait for the drain handler then. */
  boolean writeQueueFull();

  /** Sets what to do when there is room again after {@link #writeQueueFull()} was true. */
  ClientCall<Req, Resp> drainHandler(@Nullable Handler<Void> handler);

  /**
   * Turns gzip of the messages sent from now on on or off. Messages can only be compressed if the
   * headers announced it: by {@link CallOptions#compression()}, or by this method before they left.
   */
  ClientCall<Req, Resp> compression(boolean on);

  /**
   * Completes with the response headers, which are empty if the call ended with OK at once; fails if
   * the call ends without any.
   */
  Future<Metadata> headers();

  /**
   * Returns the response messages. The stream flows once a handler is set; {@code pause} and {@code
   * fetch} reach back to the server through flow control. After the last message it either ends,
   * status OK, or its exception handler gets the {@code StatusException}.
   */
  ReadStream<Resp> responses();

  /**
   * Reads the only message of a call that is answered with one. Completes when the call has ended
   * with OK; fails with UNIMPLEMENTED if there was not exactly one message.
   *
   * @throws IllegalStateException if the server may send a stream
   */
  Future<Resp> response();

  /** Whether the response message received last was compressed on the wire. */
  boolean responseCompressed();

  /**
   * Completes with the trailers when the call has ended with OK and the last message was delivered;
   * fails with a {@code StatusException}, which has the trailers, at any other end.
   */
  Future<Metadata> trailers();

  /** Ends the call with CANCELLED unless it has ended. The server is told. */
  void cancel();

  /** Ends the call as {@link #cancel()} does, with a reason in the status. */
  void cancel(String reason);

  /** Returns the address of the server that the call was sent to, empty while it was sent to none. */
  String server();

  /** Returns the connection that carries the call, null until the headers were sent. */
  @Nullable
  HttpConnection connection();
}
