package dev.grpcbackend.transport;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * What is left of an HTTP/1.1 request that has been answered. The next request on the connection
 * begins behind it (RFC 9112, section 9.3), so it is read away if it is short, and the connection is
 * closed if it is not. A rest of unknown length that turns out to be long may still end soon: the
 * response has not announced a close, and the peer may already have sent its next request.
 */
final class RequestRest implements Handler<Buffer> {

  private static final int MAX_DISCARDED_BYTES = 64 * 1024;

  /**
   * How long a connection that is to be closed is still read: a peer that is writing would lose the
   * response to a reset (RFC 9112, section 9.6).
   */
  private static final long LINGER_MILLIS = 1_000;

  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final HttpServerRequest request;
  private final boolean closeAnnounced;
  private int left = MAX_DISCARDED_BYTES;
  private long closeTimer = NO_TIMER;

  private RequestRest(Vertx vertx, HttpServerRequest request, boolean closeAnnounced) {
    this.vertx = vertx;
    this.request = request;
    this.closeAnnounced = closeAnnounced;
  }

  /** Whether the request says that more is to come than is read away. */
  static boolean isTooLong(HttpServerRequest request) {
    return !request.isEnded()
        && length(request.getHeader("content-length")) - request.bytesRead() > MAX_DISCARDED_BYTES;
  }

  /**
   * Reads the rest away, as far as it is short.
   *
   * @param close whether the response has said that the connection will be closed
   */
  static void discard(HttpServerRequest request, Vertx vertx, boolean close) {
    if (!request.isEnded()) {
      RequestRest rest = new RequestRest(vertx, request, close);
      if (close) {
        rest.closeSoon();
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
    if (left < 0 && closeTimer == NO_TIMER) {
      closeSoon();
    }
  }

  private void onEnd(@Nullable Void end) {
    if (closeTimer != NO_TIMER) {
      vertx.cancelTimer(closeTimer);
    }
    if (closeAnnounced) {
      request.connection().close();
    }
  }

  private void closeSoon() {
    closeTimer = vertx.setTimer(LINGER_MILLIS, timer -> request.connection().close());
  }

  private static long length(@Nullable String value) {
    try {
      return value == null ? 0 : Long.parseLong(value);
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }
}
