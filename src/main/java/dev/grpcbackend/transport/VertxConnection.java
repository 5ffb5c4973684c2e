package dev.grpcbackend.transport;

import dev.grpcbackend.call.VertxPeer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** A connection of Vert.x's HTTP server. */
final class VertxConnection implements Connection, VertxPeer {

  private static final Buffer PING = Buffer.buffer(new byte[8]);

  private final HttpConnection connection;

  VertxConnection(HttpConnection connection) {
    this.connection = connection;
  }

  @Override
  public HttpConnection httpConnection() {
    return connection;
  }

  @Override
  public SocketAddress remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public @Nullable SSLSession tlsSession() {
    return connection.isSsl() ? connection.sslSession() : null;
  }

  @Override
  public void goAway(long errorCode, int lastStreamId) {
    if (isHttp2()) {
      connection.goAway(errorCode, lastStreamId);
    }
  }

  @Override
  public Future<Void> ping() {
    return isHttp2() ? connection.ping(PING).mapEmpty() : Future.succeededFuture();
  }

  @Override
  public Future<Void> shutdown(Duration timeout) {
    return connection.shutdown(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public Future<Void> close() {
    return connection.close();
  }

  @Override
  public void closeHandler(Handler<Void> handler) {
    connection.closeHandler(handler);
  }

  private boolean isHttp2() {
    // HTTP/1.1 has no window, which Vert.x reports as -1.
    return connection.getWindowSize() >= 0;
  }
}
