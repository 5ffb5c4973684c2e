package dev.grpcbackend.bench;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.grpc.server.GrpcServer;

/** Vert.x gRPC as it is, with the generated stub. */
final class PlainServer {

  private PlainServer() {}

  static int start(int port, boolean wideWindows) {
    Vertx vertx = VertxServers.vertx();
    GrpcServer server = GrpcServer.server(vertx);
    server.addService(new VertxGreeter());
    HttpServerOptions options = wideWindows ? VertxServers.wideWindows() : new HttpServerOptions();
    return VertxServers.listen(vertx, options, port, server);
  }
}
