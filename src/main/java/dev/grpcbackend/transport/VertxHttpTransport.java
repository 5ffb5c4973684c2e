package dev.grpcbackend.transport;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * Makes exchanges of the requests of Vert.x's HTTP server. It is the request handler of such a
 * server, ours or a user's, or of a Vert.x Web route.
 */
public final class VertxHttpTransport implements Handler<HttpServerRequest> {

  private static final HeaderBlock CLOSE = HeaderBlock.of("connection", "close");

  private final Vertx vertx;
  private final Handler<Exchange> handler;
  private final boolean direct;

  /**
   * Creates a transport.
   *
   * @param owned whether the HTTP server serves nothing else; responses then go past Vert.x's own
   *     response objects, which is faster and which a Web route, metrics or a tracer would not see
   */
  public VertxHttpTransport(Vertx vertx, boolean owned, Handler<Exchange> handler) {
    this.vertx = vertx;
    this.handler = handler;
    this.direct = owned && !vertx.isMetricsEnabled();
  }

  @Override
  public void handle(HttpServerRequest request) {
    VertxExchange exchange = new VertxExchange(request, vertx.getOrCreateContext(), direct);
    if (request.version() == HttpVersion.HTTP_1_0) {
      // It has no way to end a response of unknown length.
      exchange.head(505, CLOSE);
      exchange.end(null, null);
      return;
    }
    handler.handle(exchange);
  }

  /** Returns the view of a server connection that the life cycle works with. */
  public static Connection connection(HttpConnection connection) {
    return new VertxConnection(connection);
  }
}
