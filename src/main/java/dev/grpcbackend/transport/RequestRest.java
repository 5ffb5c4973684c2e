package dev.grpcbackend.transport;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * What is left of an HTTP/1.1 request that has been answered. The next request on the connection
 * begins behind it (RFC 9112, section 9.3), so it is read away if it is short, and the connection is
 * closed if it is not, a moment later: a peer that is writing would lose the response to a reset
 * (section 9.6).
 */
final class RequestRest implements Handler<Buffer> {

  private static final int MAX_DISCARDED_BYTES = 64 * 1024;

  private static final long LINGER_MILLIS = 1_000;
  private static final long NO_TIMER = -1;

  private final HttpServerRequest request;
  private final Vertx vertx;
  private final boolean close;
  private int left = MAX_DISCARDED_BYTES;
  private long timer = NO_TIMER;

  private RequestRest(HttpServerRequest request, Vertx vertx, boolean close) {
    this.request = request;
    this.vertx = vertx;
    this.close = close;
  }

  /** Whether the request says that more is to come than is read away. */
  static boolean isTooLong(HttpServerRequest request) {
    return !request.isEnded()
        && length(request.getHeader("content-length")) - request.bytesRead() > MAX_DISCARDED_BYTES;
  }

  /**
   * Reads the rest away, as far as it is short.
   *
   * @param close whether the peer was told that the connection will be closed
   */
  static void discard(HttpServerRequest request, Vertx vertx, boolean close) {
    if (!request.isEnded()) {
      RequestRest rest = new RequestRest(request, vertx, close);
      if (close) {
        rest.closeLater();
      }
      request.handler(rest);
      request.endHandler(rest::onEnd);
      request.resume();
    } else if (close) {
      request.connection().close();
    }
  }

  @Override
  public void handle(Buffer data) {
    left -= data.length();
    if (left < 0 && timer == NO_TIMER) {
      closeLater();
    }
  }

  private void onEnd(@Nullable Void end) {
    if (close) {
      request.connection().close();
    } else if (timer != NO_TIMER) {
      // It came after all, and behind it perhaps the next request already.
      vertx.cancelTimer(timer);
    }
  }

  private void closeLater() {
    timer = vertx.setTimer(LINGER_MILLIS, late -> request.connection().close());
  }

  private static long length(@Nullable String value) {
    try {
      return value == null ? 0 : Long.parseLong(value);
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }
}
