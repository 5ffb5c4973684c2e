package dev.grpcbackend.transport;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/** Writes by Vert.x's own response: any HTTP version, any context, and visible to its owner. */
final class VertxResponse implements ResponseWriter {

  private final HttpServerResponse response;
  private final boolean http2;

  VertxResponse(HttpServerResponse response, boolean http2) {
    this.response = response;
    this.http2 = http2;
  }

  @Override
  public Future<Void> head(int status, HeaderBlock headers, boolean flush) {
    set(status, headers);
    if (!http2 && !response.headers().contains("content-length")) {
      response.setChunked(true);
    }
    return response.writeHead();
  }

  @Override
  public Future<Void> write(Buffer data) {
    return response.write(data);
  }

  @Override
  public Future<Void> end(@Nullable Buffer data, @Nullable HeaderBlock trailers) {
    if (trailers != null && http2) {
      trailers.forEach(response.trailers()::add);
    }
    return data == null ? response.end() : response.end(data);
  }

  @Override
  public Future<Void> whole(int status, HeaderBlock headers, Buffer data) {
    set(status, headers);
    return response.end(data);
  }

  @Override
  public Future<Void> headOnly(int status, HeaderBlock headers) {
    set(status, headers);
    if (http2) {
      // Trailers-Only responses have no length.
      response.headersEndHandler(head -> response.headers().remove("content-length"));
    }
    return response.end();
  }

  @Override
  public boolean isFull() {
    return response.writeQueueFull();
  }

  @Override
  public void onRoom(Runnable action) {
    response.drainHandler(drained -> action.run());
  }

  private void set(int status, HeaderBlock headers) {
    response.setStatusCode(status);
    headers.forEach(response.headers()::add);
  }
}
