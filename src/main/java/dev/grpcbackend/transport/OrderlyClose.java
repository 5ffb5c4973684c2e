package dev.grpcbackend.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection so that the client gets all that is under way to it: closes our side once that
 * has left, in TLS by its last words (RFC 8446, section 6.1), and the other when the client has, or
 * after a second without a sign of it. A socket that is closed while bytes come in is reset, and a
 * reset discards what the client has not read yet (RFC 9112, section 9.6).
 */
final class OrderlyClose extends ChannelInboundHandlerAdapter {

  static final long LINGER_MILLIS = 1_000;

  /** For who never stops sending. */
  private static final int MAX_LINGERS = 10;

  private final Channel channel;
  private int lingers;
  private boolean heard;
  private @Nullable ScheduledFuture<?> timer;

  private OrderlyClose(Channel channel) {
    this.channel = channel;
  }

  /** Begins to end it. What is still received is dropped. */
  static void begin(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    OrderlyClose close = new OrderlyClose(channel);
    ChannelHandlerContext tls = pipeline.context(SslHandler.class);
    if (tls == null) {
      pipeline.addFirst(close);
    } else {
      pipeline.addAfter(tls.name(), null, close);
    }
    channel.config().setAutoRead(true);
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(written -> close.closeOutput(tls == null ? null : (SslHandler) tls.handler()));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    heard = true;
    ReferenceCountUtil.release(message);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (timer != null) {
      timer.cancel(false);
    }
    ctx.fireChannelInactive();
  }

  private void closeOutput(@Nullable SslHandler tls) {
    Future<?> last = tls == null ? channel.newSucceededFuture() : tls.closeOutbound();
    last.addListener(said -> {
      if (channel instanceof DuplexChannel duplex) {
        duplex.shutdownOutput().addListener(half -> linger());
      } else {
        linger();
      }
    });
  }

  private void linger() {
    heard = false;
    timer = channel.eventLoop().schedule(this::look, LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    if (heard && ++lingers < MAX_LINGERS) {
      linger();
    } else {
      abort(channel);
    }
  }

  /** Closes it unless that is cancelled. */
  static ScheduledFuture<?> closeAfter(long millis, Channel channel) {
    ScheduledFuture<?> timer =
        channel.eventLoop().schedule(() -> abort(channel), millis, TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(done -> timer.cancel(false));
    return timer;
  }

  /**
   * Closes it without regard to what is under way; on its event loop. Past the pipeline, as Vert.x
   * waits there until the client has taken everything, which may be never.
   */
  static void abort(Channel channel) {
    channel.unsafe().close(channel.unsafe().voidPromise());
  }

  /** Closes it after what has been written, with the last words of TLS. */
  @SuppressWarnings("FutureReturnValueIgnored") // the end is seen as channelInactive
  static void closeNow(Channel channel) {
    channel.close();
  }
}
