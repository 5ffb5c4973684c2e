package dev.grpcbackend.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection of a client (RFC 9112): one exchange at a time. A pipelined request waits
 * for the end of the response before it, and nothing is read meanwhile.
 */
final class Http1Session extends ChannelInboundHandlerAdapter implements Session {

  private final ClientSocket socket;
  private final Channel channel;
  private final Handler<Exchange> handler;
  private final HttpLimits limits;
  private final Http1RequestDecoder decoder;
  private final Standstill reader = new Standstill();
  private final ArrayDeque<HttpObject> waiting = new ArrayDeque<>();
  private @Nullable Http1Exchange exchange;
  private long heads;
  private long reads;
  private @Nullable ScheduledFuture<?> closing;
  private boolean advancing;
  private boolean headOnly;
  private boolean draining;
  private boolean closed;
  private boolean cutting;

  Http1Session(ClientSocket socket, Handler<Exchange> handler, HttpLimits limits) {
    this.socket = socket;
    this.channel = socket.channel();
    this.handler = handler;
    this.limits = limits;
    this.decoder = new Http1RequestDecoder(limits);
  }

  Http1RequestDecoder decoder() {
    return decoder;
  }

  /** Returns the encoder, which has to know that answers to HEAD have no body. */
  HttpResponseEncoder encoder() {
    return new HttpResponseEncoder() {
      @Override
      protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return headOnly || super.isContentAlwaysEmpty(response);
      }
    };
  }

  // From the pipeline.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closed || !(message instanceof HttpObject object)) {
      ReferenceCountUtil.release(message);
      return;
    }
    waiting.add(object);
    advance();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    reads++;
    channel.flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    countWaiting();
    Http1Exchange current = exchange;
    if (channel.isWritable() && current != null) {
      current.onRoom();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    Http1Exchange current = exchange;
    exchange = null;
    if (current != null) {
      current.onGone("connection lost");
    }
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
    socket.onClosed();
    ctx.fireChannelInactive();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // Vert.x says that the server has stopped listening; the drain decides when this one ends.
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // The socket or TLS failed: nothing more can be said to this client.
    OrderlyClose.closeNow(channel);
  }

  // From the exchange.

  boolean isWritable() {
    return channel.isWritable();
  }

  /** Writes a part of a response; it leaves when all that has arrived has been dealt with. */
  @SuppressWarnings("FutureReturnValueIgnored") // a failure closes the connection, which is seen
  void send(HttpObject part) {
    channel.write(part, channel.voidPromise());
    if (!advancing) {
      channel.flush();
    }
    countWaiting();
  }

  /** Closes the connection unless the exchange, which holds too much, has ended. */
  void cut(Http1Exchange holder) {
    if (exchange == holder) {
      cut(Cut.TOO_MUCH_HELD);
    }
  }

  private void countWaiting() {
    if (!socket.countWaiting() && !cutting) {
      // Not from within what is being sent.
      cutting = true;
      socket.context().runOnContext(turn -> cut(Cut.TOO_MUCH_HELD));
    }
  }

  private void cut(Cut cut) {
    socket.listener().cut(this, cut);
    abort(cut.text());
  }

  /** Whether the connection may serve another request after the one that is answered now. */
  boolean isDraining() {
    return draining;
  }

  /** The request goes on after its response: it has a second to end, or the connection closes. */
  void closeUnlessEnded() {
    if (closing == null) {
      closing = OrderlyClose.closeAfter(OrderlyClose.LINGER_MILLIS, channel);
    }
  }

  /** Both ends of an exchange have been reached: goes on with the next request, or closes. */
  void ended(boolean keepAlive) {
    exchange = null;
    if (closing != null) {
      closing.cancel(false);
      closing = null;
    }
    if (!keepAlive || (draining && waiting.isEmpty())) {
      end();
      return;
    }
    advance();
  }

  /** Reads on exactly if somebody waits for what comes. */
  void advance() {
    if (advancing) {
      return;
    }
    advancing = true;
    Http1Exchange current = exchange;
    while (!closed && !waiting.isEmpty() && (current == null || !current.isRequestEnded())) {
      take(waiting.remove());
      current = exchange;
    }
    advancing = false;
    if (!closed) {
      channel.config().setAutoRead(waiting.isEmpty() && (current == null || current.isReading()));
    }
  }

  // As a connection.

  @Override
  public ClientSocket socket() {
    return socket;
  }

  @Override
  public boolean isHttp2() {
    return false;
  }

  @Override
  public boolean awaitsHead() {
    return exchange == null && waiting.isEmpty() && (heads == 0 || decoder.isInHead());
  }

  @Override
  public long heads() {
    return heads;
  }

  @Override
  public int exchanges() {
    return exchange == null ? 0 : 1;
  }

  @Override
  public long signs() {
    return 31 * reads + socket.progress();
  }

  @Override
  public void lookAtPace(long now) {
    Http1Exchange current = exchange;
    Cut cut = current == null ? null : current.lookAtPace(limits.patience(), false, now);
    if (limits.patience().isStall(reader.look(socket.isBehind(), socket.progress(), now))) {
      cut = Cut.STALLED_READER;
    }
    if (cut != null) {
      cut(cut);
    }
  }

  @Override
  public void retire(String reason) {
    goAway(NO_ERROR, LAST_OPENED);
  }

  @Override
  public void abort(String reason) {
    closed = true;
    Http1Exchange current = exchange;
    exchange = null;
    if (current != null) {
      current.onGone(reason);
    }
    socket.close();
  }

  @Override
  public void goAway(long errorCode, int lastStreamId) {
    socket.run(() -> {
      draining = true;
      if (lastStreamId == LAST_OPENED && exchange == null) {
        end();
      }
    });
  }

  @Override
  public Future<Void> ping() {
    return Future.succeededFuture();
  }

  private void take(HttpObject object) {
    if (object.decoderResult().isFailure()) {
      ReferenceCountUtil.release(object);
      refuse(statusOf(object.decoderResult().cause()));
      return;
    }
    if (object instanceof HttpRequest request) {
      HttpResponseStatus refusal = refusal(request);
      if (refusal != null) {
        ReferenceCountUtil.release(object);
        refuse(refusal);
        return;
      }
      begin(request);
    }
    Http1Exchange current = exchange;
    if (object instanceof HttpContent content && current != null) {
      current.onContent(content.content(), object instanceof LastHttpContent);
    }
    ReferenceCountUtil.release(object);
  }

  private void begin(HttpRequest request) {
    heads++;
    headOnly = request.method().equals(HttpMethod.HEAD);
    ContextInternal own = socket.context().duplicate();
    Http1Exchange started = new Http1Exchange(this, request, own);
    exchange = started;
    own.dispatch((Exchange) started, handler);
    started.greet();
  }

  /** RFC 9112, section 3.2: what every request has. */
  private static @Nullable HttpResponseStatus refusal(HttpRequest request) {
    if (!request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
      // HTTP/1.0 has no way to end a response of unknown length.
      return HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
    }
    boolean hasHost = request.headers().getAll(HttpHeaderNames.HOST).size() == 1;
    return hasHost ? null : HttpResponseStatus.BAD_REQUEST;
  }

  private static HttpResponseStatus statusOf(Throwable cause) {
    if (cause instanceof TooLongHttpHeaderException) {
      return HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
    }
    return cause instanceof TooLongHttpLineException
        ? HttpResponseStatus.REQUEST_URI_TOO_LONG
        : HttpResponseStatus.BAD_REQUEST;
  }

  private void refuse(HttpResponseStatus status) {
    Http1Exchange current = exchange;
    exchange = null;
    closed = true;
    if (current != null) {
      current.onGone("malformed request");
      end();
      return;
    }
    FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_LENGTH, 0)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    send(response);
    end();
  }

  private void end() {
    closed = true;
    OrderlyClose.begin(channel);
  }
}
