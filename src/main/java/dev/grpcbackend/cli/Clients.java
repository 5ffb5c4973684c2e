package dev.grpcbackend.cli;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.TimeUnit;

/** The small Vert.x that a client command runs on. */
final class Clients {

  private Clients() {}

  static Vertx vertx() {
    return Vertx.vertx(new VertxOptions()
        .setEventLoopPoolSize(1)
        .setWorkerPoolSize(1)
        // That a slow machine takes long to load a class is nothing to print beside an answer.
        .setBlockedThreadCheckInterval(TimeUnit.DAYS.toMillis(1)));
  }
}
