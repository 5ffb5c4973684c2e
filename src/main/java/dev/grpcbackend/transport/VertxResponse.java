package dev.grpcbackend.transport;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/** The response of one exchange, by Vert.x: any HTTP version, any context, visible to its owner. */
final class VertxResponse {

  private final HttpServerResponse response;
  private final boolean http2;

  VertxResponse(HttpServerResponse response, boolean http2) {
    this.response = response;
    this.http2 = http2;
  }

  /** Writes the head. */
  Future<Void> head(int status, HeaderBlock headers) {
    set(status, headers);
    if (!http2 && !response.headers().contains("content-length")) {
      response.setChunked(true);
    }
    return response.writeHead();
  }

  Future<Void> write(Buffer data) {
    return response.write(data);
  }

  /** Ends the response after the head, with the last part of the body and trailers, if any. */
  Future<Void> end(@Nullable Buffer data, @Nullable HeaderBlock trailers) {
    if (trailers != null && http2) {
      trailers.forEach(response.trailers()::add);
    }
    return data == null ? response.end() : response.end(data);
  }

  /** Writes a whole response without trailers. */
  Future<Void> whole(int status, HeaderBlock headers, Buffer data) {
    set(status, headers);
    return response.end(data);
  }

  /** Ends a response that is only a head. */
  Future<Void> headOnly(int status, HeaderBlock headers) {
    set(status, headers);
    if (http2) {
      // Trailers-Only responses have no length.
      response.headersEndHandler(head -> response.headers().remove("content-length"));
    }
    return response.end();
  }

  boolean isFull() {
    return response.writeQueueFull();
  }

  /** Calls {@code action} once when there is room again. */
  void onRoom(Runnable action) {
    response.drainHandler(drained -> action.run());
  }

  private void set(int status, HeaderBlock headers) {
    response.setStatusCode(status);
    headers.forEach(response.headers()::add);
  }
}
