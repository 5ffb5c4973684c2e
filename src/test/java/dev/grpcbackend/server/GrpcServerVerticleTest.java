package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class GrpcServerVerticleTest {

  @Test
  void letsAnInterceptorRefuseBeforeTheHandlerStarts() {
    ServerInterceptor refusing = new ServerInterceptor() {
      @Override
      public <Req, Resp> Future<Void> intercept(
          ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
        return "let me in".equals(call.headers().get("x-word"))
            ? next.handle(call)
            : Future.failedFuture(
                Status.PERMISSION_DENIED.withDescription("say the word").asException());
      }
    };
    try (TestServer server = TestServer.start(
            builder -> builder.intercept(refusing).method(process((request, call) -> {
              throw new AssertionError("must not run");
            })));
        Client client = new Client(server.port())) {
      assertThatThrownBy(client::call)
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessage("PERMISSION_DENIED: say the word");
    }
  }

  @Test
  void letsInterceptorsWaitAndRunInOrder() {
    List<String> order = new CopyOnWriteArrayList<>();
    try (TestServer server = TestServer.start(builder -> builder
            .intercept(new Waiting("a", order))
            .intercept(new Waiting("b", order))
            .method(process((request, call) -> echo(request))));
        Client client = new Client(server.port())) {
      assertThat(client.call().getText()).isEqualTo("x");
      assertThat(order).containsExactly("a", "b");
    }
  }

  @Test
  void servesFromManyEventLoopsOnOnePort() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      ServerOptions options = TestServer.OPTIONS;
      GrpcServerVerticle.Builder builder = GrpcServerVerticle.builder()
          .options(options)
          .method(process((request, call) -> reply(Thread.currentThread().getName())));
      List<GrpcServerVerticle> deployed = new CopyOnWriteArrayList<>();
      await(vertx.deployVerticle(
          () -> {
            GrpcServerVerticle verticle = builder.build();
            deployed.add(verticle);
            return verticle;
          },
          new DeploymentOptions().setInstances(2)));
      assertThat(deployed.get(0).actualPort()).isEqualTo(deployed.get(1).actualPort());
      java.util.Set<String> threads = new java.util.HashSet<>();
      for (int i = 0; i < 4; i++) {
        try (Client client = new Client(deployed.get(0).actualPort())) {
          threads.add(client.call().getText());
        }
      }
      assertThat(threads).hasSize(2);
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void letsCallsInProgressFinishWhenItDrains() throws Exception {
    Promise<Response> answer = Promise.promise();
    CountDownLatch started = new CountDownLatch(1);
    Promise<Context> context = Promise.promise();
    ServerOptions patient = TestServer.OPTIONS.withDrain(
        new ServerOptions.Drain(Duration.ZERO, Duration.ofSeconds(10)));
    try (TestServer server = TestServer.start(
            patient,
            builder -> builder.method(process((request, call) -> {
              context.complete(call.context());
              started.countDown();
              return answer.future();
            })));
        Client client = new Client(server.port())) {
      ListenableFuture<Response> inFlight = client.start();
      assertThat(started.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
      Future<DrainReport> drain = server.verticle().drain();
      assertThat(drain.isComplete()).isFalse();
      // On the server's own event loop, so that the drain has begun before.
      context
          .future()
          .result()
          .runOnContext(turn ->
              answer.complete(Response.newBuilder().setText("late but whole").build()));
      assertThat(inFlight.get(Patience.SECONDS, TimeUnit.SECONDS).getText())
          .isEqualTo("late but whole");
      assertThat(await(drain)).isEqualTo(new DrainReport(1, 0));
    }
  }

  @Test
  void endsCallsWithUnavailableWhenTheDrainIsOver() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    AtomicReference<Status> told = new AtomicReference<>();
    TestServer server = TestServer.start(builder -> builder.method(process((request, call) -> {
      call.cancelled().onSuccess(told::set);
      started.countDown();
      return Promise.<Response>promise().future();
    })));
    try (Client client = new Client(server.port())) {
      ListenableFuture<Response> inFlight = client.start();
      assertThat(started.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
      server.close();
      assertThatThrownBy(() -> inFlight.get(Patience.SECONDS, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasMessageContaining("UNAVAILABLE: the server is shutting down");
      assertThat(told.get())
          .isEqualTo(Status.UNAVAILABLE.withDescription("the server is shutting down"));
    }
  }

  private record Waiting(String name, List<String> order) implements ServerInterceptor {
    @Override
    public <Req, Resp> Future<Void> intercept(
        ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
      Promise<Void> later = Promise.promise();
      call.context().owner().setTimer(1, timer -> later.complete());
      return later.future().compose(waited -> {
        order.add(name);
        return next.handle(call);
      });
    }
  }

  private static BoundMethod<Request, Response> process(
      ServerCalls.SingleRequest<Request, Response, Response> function) {
    return BoundMethod.of(
        "Service/Process", Request.class, Response.class, ServerCalls.unary(function));
  }

  private static Future<Response> echo(Request request) {
    return reply(request.getText());
  }

  private static Future<Response> reply(String text) {
    return Future.succeededFuture(Response.newBuilder().setText(text).build());
  }

  private static final class Client implements AutoCloseable {
    private final ManagedChannel channel;

    Client(int port) {
      channel = GrpcJava.channel(port);
    }

    Response call() {
      return GrpcJava.unary(
          channel,
          "Service/Process",
          Request.newBuilder().setText("x").build(),
          Response.getDefaultInstance());
    }

    ListenableFuture<Response> start() {
      return ClientCalls.futureUnaryCall(
          channel.newCall(
              GrpcJava.method(
                  "Service/Process",
                  MethodType.UNARY,
                  Request.getDefaultInstance(),
                  Response.getDefaultInstance()),
              CallOptions.DEFAULT),
          Request.newBuilder().setText("x").build());
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }
}
