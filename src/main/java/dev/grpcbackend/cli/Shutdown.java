package dev.grpcbackend.cli;

import dev.grpcbackend.server.DrainReport;
import dev.grpcbackend.server.GrpcServerVerticle;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What SIGTERM and Ctrl-C do: drain, and say what is waited for. */
final class Shutdown implements Runnable {

  private static final long REPORT_SECONDS = 5;

  private final Vertx vertx;
  private final List<GrpcServerVerticle> servers;
  private final PrintWriter err;

  Shutdown(Vertx vertx, List<GrpcServerVerticle> servers, PrintWriter err) {
    this.vertx = vertx;
    this.servers = servers;
    this.err = err;
  }

  @Override
  public void run() {
    List<Future<DrainReport>> drains =
        servers.stream().map(GrpcServerVerticle::drain).toList();
    say("draining: " + inFlight() + " calls in flight, at most "
        + servers.get(0).drainTimeout().toSeconds() + "s");
    try {
      waitFor(Future.all(drains));
      DrainReport total = new DrainReport(0, 0);
      for (Future<DrainReport> drain : drains) {
        total = total.plus(drain.result());
      }
      waitFor(vertx.close());
      say("stopped: " + total.finished() + " finished, " + total.cut() + " cut");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException failure) {
      say("stopped with an error: " + failure.getCause());
    }
  }

  private void waitFor(Future<?> future) throws InterruptedException, ExecutionException {
    while (true) {
      try {
        future.toCompletionStage().toCompletableFuture().get(REPORT_SECONDS, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException notYet) {
        say("draining: " + inFlight() + " calls in flight");
      }
    }
  }

  private int inFlight() {
    return servers.stream().mapToInt(server -> server.calls().count()).sum();
  }

  private void say(String line) {
    err.println(line);
    err.flush();
  }
}
