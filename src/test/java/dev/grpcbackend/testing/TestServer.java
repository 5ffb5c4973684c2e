package dev.grpcbackend.testing;

import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A real server on a free port of the loopback address, with a Vert.x instance of its own. */
public final class TestServer implements AutoCloseable {

  /** Defaults, on a free loopback port, without built-in services, and quick to stop. */
  public static final ServerOptions OPTIONS = ServerOptions.DEFAULTS
      .withHost("127.0.0.1")
      .withPort(0)
      .withServices(new ServerOptions.Services(java.util.List.of(), false, false, false, false))
      .withDrain(new ServerOptions.Drain(Duration.ZERO, Duration.ofMillis(200)));

  private final Vertx vertx = Vertx.vertx();
  private final GrpcServerVerticle verticle;

  private TestServer(ServerOptions options, Consumer<GrpcServerVerticle.Builder> services) {
    GrpcServerVerticle.Builder builder = GrpcServerVerticle.builder().options(options);
    services.accept(builder);
    verticle = builder.build();
    await(vertx.deployVerticle(verticle));
  }

  /** Starts a server with what {@code services} registers. */
  public static TestServer start(Consumer<GrpcServerVerticle.Builder> services) {
    return new TestServer(OPTIONS, services);
  }

  /** Starts a server with these options; port and host should be those of {@link #OPTIONS}. */
  public static TestServer start(
      ServerOptions options, Consumer<GrpcServerVerticle.Builder> services) {
    return new TestServer(options, services);
  }

  public int port() {
    return verticle.actualPort();
  }

  public GrpcServerVerticle verticle() {
    return verticle;
  }

  public Vertx vertx() {
    return vertx;
  }

  @Override
  public void close() {
    await(vertx.close());
  }

  /** Waits for a future, at most ten seconds, off the event loop. */
  public static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(Patience.SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    } catch (java.util.concurrent.ExecutionException failure) {
      throw new AssertionError(failure.getCause());
    } catch (java.util.concurrent.TimeoutException late) {
      throw new AssertionError("still pending after " + Patience.SECONDS + " s", late);
    }
  }
}
