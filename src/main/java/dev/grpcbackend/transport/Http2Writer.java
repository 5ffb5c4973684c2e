package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import org.jspecify.annotations.Nullable;

/**
 * The writing side of one HTTP/2 connection, shared by its exchanges: frames are gathered during a
 * turn of the event loop and flushed once at its end. The only place that reaches through Vert.x to
 * the Netty pipeline.
 */
final class Http2Writer implements Runnable {

  private static final AttributeKey<Http2Writer> KEY =
      AttributeKey.valueOf(Http2Writer.class, "writer");

  private final ChannelHandlerContext context;
  private final Http2ConnectionHandler handler;
  private final Http2ConnectionEncoder encoder;
  private boolean flushScheduled;

  private Http2Writer(ChannelHandlerContext context, Http2ConnectionHandler handler) {
    this.context = context;
    this.handler = handler;
    this.encoder = handler.encoder();
  }

  /** Returns the writer of a connection, or null where Vert.x's pipeline is not as expected. */
  static @Nullable Http2Writer of(HttpConnection connection) {
    if (!(connection instanceof HttpServerConnection server)) {
      return null;
    }
    ChannelHandlerContext context = server.channelHandlerContext();
    Attribute<Http2Writer> attribute = context.channel().attr(KEY);
    Http2Writer writer = attribute.get();
    if (writer == null && context.handler() instanceof Http2ConnectionHandler handler) {
      writer = new Http2Writer(context, handler);
      attribute.set(writer);
    }
    return writer;
  }

  ChannelFuture headers(int streamId, Http2Headers headers, boolean end) {
    scheduleFlush();
    return encoder.writeHeaders(context, streamId, headers, 0, end, context.newPromise());
  }

  ChannelFuture data(int streamId, ByteBuf data, boolean end) {
    scheduleFlush();
    return encoder.writeData(context, streamId, data, 0, end, context.newPromise());
  }

  boolean isWritable(int streamId) {
    Http2Stream stream = stream(streamId);
    return stream != null && encoder.flowController().isWritable(stream);
  }

  @Nullable
  Http2Stream stream(int streamId) {
    return encoder.connection().stream(streamId);
  }

  @Override
  public void run() {
    flushScheduled = false;
    handler.flush(context);
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      context.executor().execute(this);
    }
  }
}
