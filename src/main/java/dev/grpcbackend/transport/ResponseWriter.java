package dev.grpcbackend.transport;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** How the response of one exchange reaches the wire. Called on the exchange's context, in order. */
interface ResponseWriter {

  /** Writes the head; {@code flush} if nothing will follow in this turn. */
  Future<Void> head(int status, HeaderBlock headers, boolean flush);

  /** Writes a part of the body. */
  Future<Void> write(Buffer data);

  /** Ends the response after the head, with the last part of the body and trailers, if any. */
  Future<Void> end(@Nullable Buffer data, @Nullable HeaderBlock trailers);

  /** Writes a whole response without trailers. */
  Future<Void> whole(int status, HeaderBlock headers, Buffer data);

  /** Ends a response that is only a head. */
  Future<Void> headOnly(int status, HeaderBlock headers);

  /** Whether the peer reads more slowly than is written. */
  boolean isFull();

  /** Calls {@code action} once when there is room again. */
  void onRoom(Runnable action);
}
