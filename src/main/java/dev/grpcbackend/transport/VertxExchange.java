package dev.grpcbackend.transport;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An exchange over a request of Vert.x's HTTP server. Vert.x reports the end of a stream in several
 * ways and throws from writes that come after it; here it is one event and one flag.
 */
final class VertxExchange implements Exchange {

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final VertxResponse writer;
  private final Context context;
  private final boolean http2;
  private @Nullable MultiMap lowerCaseHeaders;
  private @Nullable Receiver receiver;
  private int status = 200;
  private HeaderBlock head = HeaderBlock.EMPTY;
  private @Nullable UnaryOperator<HeaderBlock> completion;
  private boolean headSent;
  private boolean requestEnded;
  private boolean waitingForRoom;
  private boolean over;

  VertxExchange(HttpServerRequest request, Context context) {
    this.request = request;
    this.response = request.response();
    this.context = context;
    this.http2 = request.version() == HttpVersion.HTTP_2;
    this.writer = new VertxResponse(response, http2);
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
    if (http2) {
      return request.headers();
    }
    if (lowerCaseHeaders == null) {
      MultiMap lower = MultiMap.caseInsensitiveMultiMap();
      request.headers().forEach((name, value) -> lower.add(name.toLowerCase(Locale.ROOT), value));
      lowerCaseHeaders = lower;
    }
    return lowerCaseHeaders;
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
  public void head(int status, HeaderBlock headers) {
    this.status = status;
    this.head = completion == null ? headers : completion.apply(headers);
  }

  @Override
  public void completeHead(UnaryOperator<HeaderBlock> completion) {
    this.completion = completion;
  }

  @Override
  public Future<Void> sendHead() {
    if (over) {
      return ended();
    }
    if (headSent) {
      return Future.succeededFuture();
    }
    headSent = true;
    return writer.head(status, head);
  }

  @Override
  public Future<Void> write(Buffer data) {
    if (over) {
      return ended();
    }
    ensureHead();
    return writer.write(data);
  }

  @Override
  public boolean writeQueueFull() {
    if (over || !writer.isFull()) {
      return false;
    }
    Receiver target = receiver;
    if (target != null && !waitingForRoom) {
      waitingForRoom = true;
      writer.onRoom(() -> {
        waitingForRoom = false;
        target.onWritable();
      });
    }
    return true;
  }

  @Override
  public void end(@Nullable Buffer data, @Nullable HeaderBlock trailers) {
    if (over) {
      return;
    }
    boolean tooLong = !http2 && RequestRest.isTooLong(request);
    if (tooLong && !headSent) {
      response.putHeader("connection", "close");
    }
    Future<Void> ended = finish(data, trailers);
    if (!http2) {
      // Vert.x looks for it in the request only.
      boolean close = response.headers().contains("connection", "close", true);
      ended.onComplete(written -> RequestRest.discard(request, context.owner(), close));
    } else if (!requestEnded) {
      // RFC 9113, section 8.1: the rest of the request is not wanted.
      ended.onComplete(written -> stopRequest());
    }
  }

  private Future<Void> finish(@Nullable Buffer data, @Nullable HeaderBlock trailers) {
    if (headSent) {
      over = true;
      return writer.end(data, trailers);
    }
    if (data == null && trailers == null) {
      over = true;
      return writer.headOnly(status, head);
    }
    if (data != null && trailers == null) {
      over = true;
      return writer.whole(status, head, data);
    }
    ensureHead();
    over = true;
    return writer.end(data, trailers);
  }

  @Override
  public void reset(long code) {
    if (!over) {
      over = true;
      response.reset(code);
    }
  }

  private void ensureHead() {
    if (!headSent) {
      headSent = true;
      writer.head(status, head);
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
