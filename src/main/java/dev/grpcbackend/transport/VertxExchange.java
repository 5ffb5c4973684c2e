package dev.grpcbackend.transport;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import org.jspecify.annotations.Nullable;

/**
 * An exchange over a request of Vert.x's HTTP server. Vert.x reports the end of a stream in several
 * ways and throws from writes that come after it; here it is one event and one flag.
 */
final class VertxExchange implements Exchange {

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Context context;
  private final boolean http2;
  private @Nullable Receiver receiver;
  private boolean requestEnded;
  private boolean over;

  VertxExchange(HttpServerRequest request, Context context) {
    this.request = request;
    this.response = request.response();
    this.context = context;
    this.http2 = request.version() == HttpVersion.HTTP_2;
  }

  @Override
  public Context context() {
    return context;
  }

  @Override
  public Connection connection() {
    return new VertxConnection(request.connection());
  }

  @Override
  public boolean isHttp2() {
    return http2;
  }

  @Override
  public String method() {
    return request.method().name();
  }

  @Override
  public String target() {
    return request.uri();
  }

  @Override
  public MultiMap headers() {
    return request.headers();
  }

  @Override
  public void receiver(Receiver receiver) {
    this.receiver = receiver;
    request.handler(receiver::onData);
    request.endHandler(end -> {
      requestEnded = true;
      receiver.onEnd();
    });
    response.exceptionHandler(this::onFailure);
    if (http2) {
      return;
    }
    // HTTP/1.1 tells the request of a lost connection, and the response only that it closed.
    request.exceptionHandler(this::onFailure);
    response.closeHandler(closed -> onGone("connection closed"));
  }

  @Override
  public void pause() {
    if (!requestEnded && !over) {
      request.pause();
    }
  }

  @Override
  public void resume() {
    if (!requestEnded && !over) {
      request.resume();
    }
  }

  @Override
  public void status(int code) {
    response.setStatusCode(code);
  }

  @Override
  public MultiMap responseHeaders() {
    return response.headers();
  }

  @Override
  public Future<Void> sendHead() {
    if (over) {
      return ended();
    }
    return response.headWritten() ? Future.succeededFuture() : response.writeHead();
  }

  @Override
  public Future<Void> write(Buffer data) {
    return over ? ended() : response.write(data);
  }

  @Override
  public boolean writeQueueFull() {
    if (over || !response.writeQueueFull()) {
      return false;
    }
    Receiver target = receiver;
    if (target != null) {
      response.drainHandler(drained -> target.onWritable());
    }
    return true;
  }

  @Override
  public void end(@Nullable Buffer data, @Nullable Trailers trailers) {
    if (over) {
      return;
    }
    if (http2 && trailers != null) {
      trailers.writeTo(response.trailers());
      if (!response.headWritten()) {
        // Vert.x adds a content-length to a head that is sent together with the end.
        response.writeHead();
      }
    }
    over = true;
    Future<Void> ended = data == null ? response.end() : response.end(data);
    if (http2 && !requestEnded) {
      // RFC 9113, section 8.1: the rest of the request is not wanted.
      ended.onComplete(written -> stopRequest());
    }
  }

  @Override
  public void reset(long code) {
    if (!over) {
      over = true;
      response.reset(code);
    }
  }

  private void stopRequest() {
    if (!requestEnded) {
      response.reset(Connection.NO_ERROR);
    }
  }

  private void onFailure(Throwable failure) {
    onGone(
        failure instanceof StreamResetException reset
            ? "reset by the caller with code " + reset.getCode()
            : "connection lost");
  }

  private void onGone(String reason) {
    if (!over) {
      over = true;
      if (receiver != null) {
        receiver.onCancelled(reason);
      }
    }
  }

  private static Future<Void> ended() {
    return Future.failedFuture("the exchange has ended");
  }
}
