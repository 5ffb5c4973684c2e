package dev.grpcbackend.transport;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request and its response, both as streams with back-pressure. Everything is called, and
 * calls back, on {@link #context()}.
 *
 * <p>Order of the response: {@link #head}, then {@link #sendHead()} or the first {@link #write},
 * then more writes, then {@link #end} or {@link #reset}.
 * After one of these two, or after {@code onCancelled}, writing has no effect and never throws.
 */
public interface Exchange {

  Context context();

  Connection connection();

  /** Whether the request came by HTTP/2; by HTTP/1.1 otherwise. */
  boolean isHttp2();

  /** Returns the method, {@code POST}. */
  String method();

  /** Returns the request target as it was sent: nothing decoded, nothing normalized. */
  String target();

  /** Returns the request's headers, without pseudo-headers; names are in lower case. */
  MultiMap headers();

  /**
   * Returns the first value of a header, or null; the name is in lower case. An {@code AsciiString} that
   * is kept has its hash already.
   */
  default @Nullable String header(CharSequence name) {
    return headers().get(name);
  }

  /** Sets who gets the request's body; at once, in the turn in which the exchange was handed over. */
  void receiver(Receiver receiver);

  /**
   * Says that nothing can be done before the whole body is there, so that a client that sends it too
   * slowly may be cut off. Without it a quiet client is taken to have nothing to say.
   */
  default void needsWholeBody() {}

  /**
   * Says how many bytes the receiver keeps of the body, or of what it has made of it, until it says
   * otherwise or the exchange is over. If that is more than there is memory for clients, the exchange
   * ends.
   */
  default void keeps(int bytes) {}

  /** Stops delivery, and with it the sender once its window is used up. */
  void pause();

  /** Goes on with delivery. */
  void resume();

  /** Sets the HTTP status and the headers of the response; they leave with what comes next. */
  void head(int status, HeaderBlock headers);

  /** Sets what is done to every head that is set from now on, by whomever. */
  void completeHead(UnaryOperator<HeaderBlock> completion);

  /** Sends the head now, without waiting for a body. */
  Future<Void> sendHead();

  /** Sends a part of the body, after the head. The buffer is the exchange's from now on. */
  Future<Void> write(Buffer data);

  /** Whether the other side reads more slowly than is written. */
  boolean writeQueueFull();

  /**
   * Ends the response. What is left of the request is not delivered: an HTTP/2 peer is told to stop,
   * of an HTTP/1.1 request up to 64 KiB are read away and the connection is closed otherwise.
   *
   * @param data the last part of the body, which is the exchange's from now on, or null
   * @param trailers what follows the body, or null; HTTP/2 only
   */
  void end(@Nullable Buffer data, @Nullable HeaderBlock trailers);

  /** Ends both directions with an HTTP/2 error code; closes the connection on HTTP/1.1. */
  void reset(long code);

  /** Who gets the request's body. */
  interface Receiver {

    /** Takes a part of the body. Its bytes may be read before this returns, and not after that. */
    void onData(Buffer data);

    /** Takes the end of the body. */
    void onEnd();

    /** The exchange is over before its response has ended: reset by the peer, or connection lost. */
    void onCancelled(String reason);

    /** There is room again after {@link Exchange#writeQueueFull()} was true. */
    void onWritable();
  }
}
