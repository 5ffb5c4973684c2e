package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One request on an {@link Http1Session} and its response. */
final class Http1Exchange extends SessionExchange {

  /** So much of a body that nobody wants is read to keep the connection; beyond that it closes. */
  private static final int MAX_DRAINED_BYTES = 64 * 1024;

  /** So much is read of a body that is not wanted yet, and with it the end of a lost connection. */
  private static final int MAX_HELD_BYTES = 64 * 1024;

  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;

  private final Http1Session session;
  private final HttpRequest request;
  private @Nullable MultiMap lowerCase;
  private boolean headSent;
  private boolean keepAlive;
  private long received;
  private long drained;

  Http1Exchange(Http1Session session, HttpRequest request, ContextInternal context) {
    super(context);
    this.session = session;
    this.request = request;
    this.keepAlive = HttpUtil.isKeepAlive(request);
  }

  /** Answers what a client with a large body asks before it sends that. */
  void greet() {
    if (!isOver() && HttpUtil.is100ContinueExpected(request)) {
      session.send(new DefaultFullHttpResponse(
          HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
  }

  // From the protocol above.

  @Override
  public Connection connection() {
    return session;
  }

  @Override
  public boolean isHttp2() {
    return false;
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
    if (lowerCase == null) {
      MultiMap lower = MultiMap.caseInsensitiveMultiMap();
      request
          .headers()
          .forEach(field -> lower.add(field.getKey().toLowerCase(Locale.ROOT), field.getValue()));
      lowerCase = lower;
    }
    return lowerCase;
  }

  @Override
  public void pause() {
    super.pause();
    session.advance();
  }

  @Override
  public void resume() {
    super.resume();
    session.advance();
  }

  @Override
  public Future<Void> sendHead() {
    if (isOver()) {
      return ended();
    }
    ensureHead();
    return DONE;
  }

  @Override
  public Future<Void> write(Buffer data) {
    if (isOver()) {
      return ended();
    }
    ensureHead();
    session.send(new DefaultHttpContent(bytes(data)));
    return whenSent();
  }

  @Override
  public void end(@Nullable Buffer data, @Nullable HeaderBlock trailers) {
    if (isOver()) {
      return;
    }
    over();
    ByteBuf rest = data == null ? Unpooled.EMPTY_BUFFER : bytes(data);
    if (headSent) {
      session.send(new DefaultLastHttpContent(rest));
    } else {
      headSent = true;
      FullHttpResponse whole = new DefaultFullHttpResponse(
          HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status()), rest);
      fill(whole.headers());
      if (hasBody(status()) && !whole.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
        whole.headers().set(HttpHeaderNames.CONTENT_LENGTH, rest.readableBytes());
      }
      session.send(whole);
    }
    dropUnread();
    holdNothing();
    if (isRequestEnded() || !keepAlive) {
      session.ended(keepAlive);
    } else {
      // The rest of the body is read and dropped, so that the next request can be found.
      session.advance();
    }
  }

  @Override
  public void reset(long code) {
    if (!isOver()) {
      over();
      session.ended(false);
    }
  }

  // From the connection below.

  /** Whether what comes next of the request is read, be it to drop it. */
  boolean isReading() {
    return isOver() || !isPaused() || unreadBytes() < MAX_HELD_BYTES;
  }

  void onContent(ByteBuf content, boolean last) {
    if (last) {
      requestEnded();
    }
    int bytes = content.readableBytes();
    received += bytes;
    if (isOver()) {
      drained += bytes;
      if (last) {
        session.ended(keepAlive);
      } else if (drained > MAX_DRAINED_BYTES) {
        // Its end may be near, and the client may already have sent its next request.
        session.closeUnlessEnded();
      }
      return;
    }
    if (content.isReadable() && !isUnwanted()) {
      onBody(content, bytes);
    }
    deliver();
  }

  @Override
  MemoryShare memory() {
    return session.socket().memory();
  }

  @Override
  void onHeldTooMuch() {
    session.cut(this);
  }

  @Override
  boolean isFull() {
    return !session.isWritable();
  }

  @Override
  boolean isBehind() {
    // What waits here waits for the socket, which the session looks at.
    return false;
  }

  @Override
  long sentBytes() {
    return 0;
  }

  @Override
  long receivedBytes() {
    return received;
  }

  @Override
  boolean hasReceiveWindow() {
    return true;
  }

  private void ensureHead() {
    if (headSent) {
      return;
    }
    headSent = true;
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status()));
    fill(response.headers());
    if (!response.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
      response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    session.send(response);
  }

  private void fill(HttpHeaders headers) {
    head().forEach(headers::add);
    keepAlive &= !session.isDraining()
        && !hasLongRest()
        && !headers.contains(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  /** Whether the request says that more of its body is to come than is read away. */
  private boolean hasLongRest() {
    return !isRequestEnded()
        && HttpUtil.getContentLength(request, 0L) - received > MAX_DRAINED_BYTES;
  }

  /** RFC 9110, section 8.6: no length where there can be no body. */
  private static boolean hasBody(int status) {
    return status != NO_CONTENT && status != NOT_MODIFIED;
  }
}
