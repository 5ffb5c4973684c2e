package dev.grpcbackend.cli;

import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** {@code prepare}: does once what a server does, for the JVM to record which classes it needs. */
@Command(name = "prepare", hidden = true)
final class Prepare implements Callable<Integer> {

  private static final long SECONDS = 30;

  @Override
  public Integer call() throws Exception {
    Vertx vertx = Vertx.vertx();
    GrpcServerVerticle server = GrpcServerVerticle.builder()
        .options(ServerOptions.DEFAULTS.withHost("127.0.0.1").withPort(0))
        .build();
    vertx
        .deployVerticle(server)
        .toCompletionStage()
        .toCompletableFuture()
        .get(SECONDS, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    return ExitCode.OK;
  }
}
