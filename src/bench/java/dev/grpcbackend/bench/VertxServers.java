package dev.grpcbackend.bench;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;

/** What the servers on Vert.x have in common. */
final class VertxServers {

  private VertxServers() {}

  static Vertx vertx() {
    return Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  }

  /** Options with a stream window of 1 MiB and a connection window of 4 MiB. */
  static HttpServerOptions wideWindows() {
    return new HttpServerOptions()
        .setInitialSettings(
            new Http2Settings().setInitialWindowSize(1 << 20).setMaxConcurrentStreams(1000))
        .setHttp2ConnectionWindowSize(4 << 20);
  }

  /** Listens and returns the port. */
  static int listen(
      Vertx vertx, HttpServerOptions options, int port, Handler<HttpServerRequest> handler) {
    return vertx
        .createHttpServer(options.setHost("127.0.0.1").setPort(port))
        .requestHandler(handler)
        .listen()
        .await()
        .actualPort();
  }
}
