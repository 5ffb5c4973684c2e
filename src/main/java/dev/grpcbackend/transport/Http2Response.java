package dev.grpcbackend.transport;

import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import org.jspecify.annotations.Nullable;

/**
 * Writes by Netty's HTTP/2 encoder, below Vert.x's response: header blocks go out as they are, no
 * queue for each stream, no flush for each write. On the connection's event loop only.
 */
final class Http2Response implements ResponseWriter {

  private static final AsciiString OK = AsciiString.cached("200");

  private final Http2Writer writer;
  private final int streamId;
  private @Nullable ChannelFuture lastData;

  Http2Response(Http2Writer writer, int streamId) {
    this.writer = writer;
    this.streamId = streamId;
  }

  @Override
  public Future<Void> head(int status, HeaderBlock headers, boolean flush) {
    ChannelFuture written = writer.headers(streamId, headOf(status, headers), false);
    return flush ? future(written) : Future.succeededFuture();
  }

  @Override
  public Future<Void> write(Buffer data) {
    return future(data(data, false));
  }

  @Override
  public Future<Void> end(@Nullable Buffer data, @Nullable HeaderBlock trailers) {
    if (trailers == null) {
      return finished(data(data == null ? Buffer.buffer() : data, true));
    }
    if (data != null) {
      lastData = data(data, false);
    }
    return finished(
        writer.headers(streamId, ReadOnlyHttp2Headers.trailers(false, trailers.fields()), true));
  }

  @Override
  public Future<Void> whole(int status, HeaderBlock headers, Buffer data) {
    head(status, headers, false);
    return end(data, null);
  }

  @Override
  public Future<Void> headOnly(int status, HeaderBlock headers) {
    return finished(writer.headers(streamId, headOf(status, headers), true));
  }

  @Override
  public boolean isFull() {
    // What has been written is no obstacle, whatever the window: one more write may wait in it.
    return lastData != null && !lastData.isDone() && !writer.isWritable(streamId);
  }

  @Override
  public void onRoom(Runnable action) {
    if (lastData != null) {
      lastData.addListener(written -> action.run());
    }
  }

  private ChannelFuture data(Buffer data, boolean end) {
    ChannelFuture written = writer.data(streamId, ((BufferInternal) data).getByteBuf(), end);
    lastData = written;
    return written;
  }

  private static Http2Headers headOf(int status, HeaderBlock headers) {
    AsciiString code = status == 200 ? OK : new AsciiString(Integer.toString(status));
    return ReadOnlyHttp2Headers.serverHeaders(false, code, headers.fields());
  }

  /** Returns the future that matters only when the request is still open. */
  private Future<Void> finished(ChannelFuture written) {
    Http2Stream stream = writer.stream(streamId);
    return stream == null || !stream.state().remoteSideOpen()
        ? Future.succeededFuture()
        : future(written);
  }

  private static Future<Void> future(ChannelFuture written) {
    Promise<Void> promise = Promise.promise();
    written.addListener(done -> {
      if (done.isSuccess()) {
        promise.complete();
      } else {
        promise.fail(done.cause());
      }
    });
    return promise.future();
  }
}
