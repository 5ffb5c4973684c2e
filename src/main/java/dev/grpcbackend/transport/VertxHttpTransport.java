package dev.grpcbackend.transport;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * Makes exchanges of the requests of Vert.x's HTTP server. It is the request handler of a server of
 * the user's own, or of a Vert.x Web route.
 */
public final class VertxHttpTransport implements Handler<HttpServerRequest> {

  private static final HeaderBlock CLOSE = HeaderBlock.of("connection", "close");

  private final Vertx vertx;
  private final Handler<Exchange> handler;

  public VertxHttpTransport(Vertx vertx, Handler<Exchange> handler) {
    this.vertx = vertx;
    this.handler = handler;
  }

  @Override
  public void handle(HttpServerRequest request) {
    VertxExchange exchange = new VertxExchange(request, vertx.getOrCreateContext());
    if (request.version() == HttpVersion.HTTP_1_0) {
      // It has no way to end a response of unknown length.
      exchange.head(505, CLOSE);
      exchange.end(null, null);
      return;
    }
    handler.handle(exchange);
  }
}
