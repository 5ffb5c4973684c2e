package dev.grpcbackend.transport;

import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** A connection that is what its {@link ClientSocket} is, whatever is spoken on it. */
interface Session extends SocketConnection {

  ClientSocket socket();

  @Override
  default SocketAddress remoteAddress() {
    return socket().remoteAddress();
  }

  @Override
  default SocketAddress localAddress() {
    return socket().localAddress();
  }

  @Override
  default @Nullable SSLSession tlsSession() {
    return socket().tlsSession();
  }

  @Override
  default boolean isReading() {
    return socket().channel().config().isAutoRead();
  }

  @Override
  default Future<Void> shutdown(Duration timeout) {
    goAway(NO_ERROR, LAST_OPENED);
    ScheduledFuture<?> atMost =
        OrderlyClose.closeAfter(timeout.toMillis(), socket().channel());
    socket().channel().closeFuture().addListener(done -> atMost.cancel(false));
    return socket().closed();
  }

  @Override
  default Future<Void> close() {
    socket().close();
    return socket().closed();
  }

  @Override
  default void closeHandler(Handler<Void> handler) {
    socket().closeHandler(handler);
  }
}
