package dev.grpcbackend.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection so that the client gets all that is under way to it: closes our side once that
 * has left, and the other when the client has, or after a second. A socket that is closed with bytes
 * unread is reset, and a reset discards what the client has not read yet (RFC 9112, section 9.6).
 */
final class OrderlyClose {

  static final long LINGER_MILLIS = 1_000;

  private OrderlyClose() {}

  /** Begins to end it. Who is at its pipeline drops what is still received. */
  static void begin(Channel channel) {
    channel.config().setAutoRead(true);
    boolean clear = channel.pipeline().get(SslHandler.class) == null;
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
      if (clear && channel instanceof DuplexChannel duplex) {
        duplex.shutdownOutput().addListener(half -> linger(channel));
      } else {
        closeNow(channel);
        linger(channel);
      }
    });
  }

  private static void linger(Channel channel) {
    ScheduledFuture<?> timer = closeAfter(LINGER_MILLIS, channel);
    channel.closeFuture().addListener(done -> timer.cancel(false));
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
