package dev.grpcbackend.cli;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;

/** The small Vert.x that a client command runs on. */
final class Clients {

  private Clients() {}

  static Vertx vertx() {
    return Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
  }
}
