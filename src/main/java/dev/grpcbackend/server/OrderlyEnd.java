package dev.grpcbackend.server;

import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.service.Health;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The end of a server in order: nobody new is let in, and calls in progress may finish. */
record OrderlyEnd(
    Vertx vertx,
    ServerOptions.Drain times,
    Health health,
    ActiveCalls calls,
    Connections connections,
    NetServer sockets) {

  /** Time for the last statuses to leave after calls were cut. */
  private static final Duration LAST_WRITES = Duration.ofSeconds(1);

  /** Ends the server, once; on its context. */
  Future<DrainReport> run() {
    int inFlight = calls.count();
    health.drain();
    return after(times.delay()).compose(delayed -> {
      // First, so that nobody connects to a server that is about to go.
      Duration atMost = Connections.ROUND_TRIP.plus(times.timeout()).plus(LAST_WRITES);
      Future<Void> closed = sockets.shutdown(atMost.toMillis(), TimeUnit.MILLISECONDS);
      return connections.announceEnd(vertx).compose(announced -> {
        connections.refuseMore();
        return Future.any(calls.idle(), after(times.timeout())).compose(first -> {
          int cut =
              calls.failAll(Status.UNAVAILABLE.withDescription("the server is shutting down"));
          return closed.map(new DrainReport(inFlight, cut));
        });
      });
    });
  }

  private Future<Void> after(Duration delay) {
    return delay.isZero()
        ? Future.succeededFuture()
        : vertx.timer(delay.toMillis(), TimeUnit.MILLISECONDS).mapEmpty();
  }
}
