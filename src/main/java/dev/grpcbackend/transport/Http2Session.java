package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection of a client (RFC 9113) from its first frame after the preface to its end.
 * Everything happens on the connection's event loop, except that {@link Connection}'s methods may be
 * called from anywhere. What arrives together is answered together, in one write.
 */
final class Http2Session extends ByteToMessageDecoder implements Connection {

  /** With so much waiting for the client to read it, nothing more is read from it. */
  private static final long STOP_READING_BYTES = 256 * 1024;

  /** RFC 9113, section 6.5.2. */
  private static final int MAX_CONCURRENT_STREAMS = 3;

  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int MAX_HEADER_LIST_SIZE = 6;

  private static final int MAX_PINGS = 64;
  private static final long PING_PAYLOAD = 0x6772_7063_7069_6E67L;

  private final NetSocket socket;
  private final ContextInternal context;
  private final Channel channel;
  private final Http2FrameWriter writer;
  private final Http2Streams streams;
  private final Http2FrameReader reader;
  private final ArrayDeque<Promise<Void>> pings = new ArrayDeque<>();
  private @Nullable Handler<Void> closeHandler;
  private boolean reading;
  private boolean flushScheduled;
  private boolean closeWhenIdle;
  private boolean ending;
  private boolean closed;

  /**
   * Creates a session.
   *
   * @param socket the socket as Vert.x knows it: addresses and TLS
   */
  Http2Session(
      NetSocket socket,
      ContextInternal context,
      Channel channel,
      Handler<Exchange> handler,
      HttpLimits limits) {
    this.socket = socket;
    this.context = context;
    this.channel = channel;
    HpackWriter hpack = new HpackWriter();
    this.writer = new Http2FrameWriter(channel, hpack);
    this.streams = new Http2Streams(this, context, handler, limits, writer, hpack);
    this.reader = new Http2FrameReader(streams, limits.maxHeaderBlockBytes());
    greet(limits);
  }

  /** Says what the client may do: settings first, then the window of the connection. */
  private void greet(HttpLimits limits) {
    writer.settings(
        MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams(),
        INITIAL_WINDOW_SIZE, limits.streamWindowBytes(),
        MAX_HEADER_LIST_SIZE, limits.maxHeaderBlockBytes());
    if (limits.connectionWindowBytes() > Http2Streams.FIRST_WINDOW_BYTES) {
      writer.windowUpdate(0, limits.connectionWindowBytes() - Http2Streams.FIRST_WINDOW_BYTES);
    }
    writer.flush();
  }

  // From the pipeline.

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    reading = true;
    if (ending) {
      in.skipBytes(in.readableBytes());
      return;
    }
    try {
      reader.read(in);
    } catch (Http2Failure failure) {
      fail(failure);
      in.skipBytes(in.readableBytes());
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    reading = false;
    super.channelReadComplete(ctx);
    if (!closed) {
      writer.flush();
      if (channel.bytesBeforeWritable() > STOP_READING_BYTES) {
        channel.config().setAutoRead(false);
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!closed && isWritable()) {
      channel.config().setAutoRead(true);
      streams.turns().write();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    streams.closeAll("connection lost");
    Promise<Void> ping;
    while ((ping = pings.poll()) != null) {
      ping.fail("connection lost");
    }
    reader.close();
    writer.close();
    Handler<Void> handler = closeHandler;
    if (handler != null) {
      context.dispatch(null, handler);
    }
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

  // From the streams.

  boolean isWritable() {
    return channel.isWritable();
  }

  /** Sends what was written when the turn ends: after all that has arrived, or all that now runs. */
  void onWritten() {
    if (!reading && !flushScheduled && !closed) {
      flushScheduled = true;
      channel.eventLoop().execute(this::flush);
    }
  }

  void onPong(long payload) {
    Promise<Void> ping = payload == PING_PAYLOAD ? pings.poll() : null;
    if (ping != null) {
      ping.complete();
    }
  }

  /** No stream is open. */
  void onIdle() {
    if (closeWhenIdle) {
      end();
    }
  }

  // As a connection.

  @Override
  public SocketAddress remoteAddress() {
    return socket.remoteAddress();
  }

  @Override
  public @Nullable SSLSession tlsSession() {
    return socket.isSsl() ? socket.sslSession() : null;
  }

  @Override
  public void goAway(long errorCode, int lastStreamId) {
    run(() -> {
      boolean last = lastStreamId == LAST_OPENED;
      writer.goAway(last ? streams.lastOpened() : lastStreamId, errorCode, "");
      onWritten();
      if (last) {
        streams.refuse();
        closeWhenIdle = true;
        if (streams.isEmpty()) {
          end();
        }
      }
    });
  }

  @Override
  public Future<Void> ping() {
    Promise<Void> answered = context.promise();
    run(() -> {
      if (closed || pings.size() == MAX_PINGS) {
        answered.fail(closed ? "connection lost" : MAX_PINGS + " pings are unanswered");
      } else {
        pings.add(answered);
        writer.ping(false, PING_PAYLOAD);
        onWritten();
      }
    });
    return answered.future();
  }

  @Override
  public Future<Void> shutdown(Duration timeout) {
    goAway(NO_ERROR, LAST_OPENED);
    ScheduledFuture<?> atMost = OrderlyClose.closeAfter(timeout.toMillis(), channel);
    channel.closeFuture().addListener(done -> atMost.cancel(false));
    return closed();
  }

  @Override
  public Future<Void> close() {
    OrderlyClose.closeNow(channel);
    return closed();
  }

  @Override
  public void closeHandler(Handler<Void> handler) {
    closeHandler = handler;
  }

  private Future<Void> closed() {
    Promise<Void> promise = context.promise();
    channel.closeFuture().addListener(done -> promise.complete());
    return promise.future();
  }

  private void fail(Http2Failure failure) {
    writer.goAway(streams.lastOpened(), failure.error().code(), failure.reason());
    end();
    streams.closeAll("connection error: " + failure.reason());
  }

  private void end() {
    if (ending || closed) {
      return;
    }
    ending = true;
    writer.flush();
    OrderlyClose.begin(channel);
  }

  private void flush() {
    flushScheduled = false;
    if (!closed) {
      writer.flush();
    }
  }

  private void run(Runnable action) {
    if (channel.eventLoop().inEventLoop()) {
      action.run();
    } else {
      channel.eventLoop().execute(action);
    }
  }
}
