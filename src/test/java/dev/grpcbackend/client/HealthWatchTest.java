package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.client.ServerState.State;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.GrpcJavaServer;
import dev.grpcbackend.testing.TestServer;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that say whether they serve (gRFC A17). */
@Timeout(120)
class HealthWatchTest {

  private static final String WATCHED =
      "{loadBalancingConfig: [{round_robin: {}}], healthCheckConfig: {serviceName: greeter}}";
  private static final HealthCheckResponse.ServingStatus SERVING =
      HealthCheckResponse.ServingStatus.SERVING;
  private static final HealthCheckResponse.ServingStatus NOT_SERVING =
      HealthCheckResponse.ServingStatus.NOT_SERVING;

  private final Vertx vertx = Vertx.vertx();
  private final List<GrpcJavaServer> servers = new ArrayList<>();
  private final List<String> addresses = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    servers.forEach(GrpcJavaServer::close);
  }

  /** Starts a server that answers with its own address. */
  private void start(@Nullable BindableService health) throws IOException {
    String host = "127.0.0." + (2 + servers.size());
    GrpcJavaServer server = Greeters.empty()
        .method(
            Greeters.SAY_HELLO.fullName(),
            MethodType.UNARY,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncUnaryCall((request, replies) -> {
              replies.onNext(hello(host));
              replies.onCompleted();
            }));
    servers.add(health == null ? server : server.settings(netty -> netty.addService(health)));
    addresses.add(host + ":" + server.start(host, 0));
  }

  private HealthStatusManager startWith(HealthCheckResponse.ServingStatus status)
      throws IOException {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("greeter", status);
    start(health.getHealthService());
    return health;
  }

  private Channel channel(String config) {
    return Channel.create(
        vertx,
        ChannelOptions.to("static:///" + String.join(",", addresses))
            .withServiceConfig(ServiceConfig.parse(config)));
  }

  private static String call(Channel channel) throws Exception {
    return await(channel.unary(Greeters.SAY_HELLO, name("x"))).getMessage();
  }

  private static void callUntil(Channel channel, String answer) throws Exception {
    while (!call(channel).equals(answer)) {
      Thread.onSpinWait();
    }
  }

  private static ServerState awaitState(Channel channel, int server, State state) throws Exception {
    ServerState known = await(channel.servers()).get(server);
    while (known.state() != state) {
      known = await(channel.servers()).get(server);
    }
    return known;
  }

  @Test
  void callsOnlyServersThatSayThatTheyServe() throws Exception {
    HealthStatusManager first = startWith(SERVING);
    HealthStatusManager second = startWith(NOT_SERVING);
    Channel channel = channel(WATCHED);
    call(channel);
    ServerState ill = awaitState(channel, 1, State.TRANSIENT_FAILURE);
    assertThat(ill.failure()).isEqualTo(addresses.get(1) + ": health of \"greeter\": NOT_SERVING");
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      seen.add(call(channel));
    }
    assertThat(seen).containsExactly("Hello 127.0.0.2");

    second.setStatus("greeter", SERVING);
    callUntil(channel, "Hello 127.0.0.3");
    first.setStatus("greeter", NOT_SERVING);
    awaitState(channel, 0, State.TRANSIENT_FAILURE);
    for (int i = 0; i < 20; i++) {
      assertThat(call(channel)).isEqualTo("Hello 127.0.0.3");
    }
  }

  @Test
  void saysWhyNoneIsCalledAndWaitsIfTold() throws Exception {
    HealthStatusManager health = startWith(NOT_SERVING);
    Channel channel = channel(WATCHED);
    StatusException refused = catchThrowableOfType(StatusException.class, () -> call(channel));
    assertThat(refused)
        .hasMessage("UNAVAILABLE: " + addresses.get(0) + ": health of \"greeter\": NOT_SERVING");

    Future<HelloReply> waiting = channel
        .with(CallOptions.DEFAULTS.withWaitForReady(true))
        .unary(Greeters.SAY_HELLO, name("x"));
    health.setStatus("greeter", SERVING);
    assertThat(await(waiting)).isEqualTo(hello("127.0.0.2"));
  }

  @Test
  void callsAServerThatCannotBeAsked() throws Exception {
    start(null);
    assertThat(call(channel(WATCHED))).isEqualTo("Hello 127.0.0.2");
  }

  @Test
  void asksAgainWhenTheAnswersEnd() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    start(new HealthGrpc.HealthImplBase() {
      @Override
      public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> answers) {
        if (asked.incrementAndGet() == 1) {
          answers.onError(io.grpc.Status.INTERNAL.withDescription("later").asRuntimeException());
        } else {
          answers.onNext(HealthCheckResponse.newBuilder().setStatus(SERVING).build());
        }
      }
    });
    Channel channel = channel(WATCHED);
    StatusException refused = catchThrowableOfType(StatusException.class, () -> call(channel));
    assertThat(refused).hasMessageEndingWith("health of \"greeter\" failed: INTERNAL: later");
    Channel patient = channel.with(CallOptions.DEFAULTS.withWaitForReady(true));
    assertThat(call(patient)).isEqualTo("Hello 127.0.0.2");
    assertThat(asked).hasValue(2);
  }

  @Test
  void doesNotAskForPickFirst() throws Exception {
    startWith(NOT_SERVING);
    assertThat(call(channel("{healthCheckConfig: {serviceName: greeter}}")))
        .isEqualTo("Hello 127.0.0.2");
  }

  @Test
  void doesNotAskWhereNoServiceIsNamed() throws Exception {
    start(new HealthGrpc.HealthImplBase() {
      @Override
      public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> answers) {
        answers.onNext(HealthCheckResponse.newBuilder().setStatus(NOT_SERVING).build());
      }
    });
    assertThat(call(channel("{loadBalancingConfig: [{round_robin: {}}], healthCheckConfig: {}}")))
        .isEqualTo("Hello 127.0.0.2");
  }

  @Test
  void closesAConnectionOnWhichNothingElseHappens() throws Exception {
    startWith(SERVING);
    Channel channel = Channel.create(
        vertx,
        ChannelOptions.to("static:///" + addresses.get(0))
            .withServiceConfig(ServiceConfig.parse(WATCHED))
            .withConnections(new ChannelOptions.Connections(
                1, 10, Duration.ofSeconds(20), Duration.ofMillis(200))));
    call(channel);
    assertThat(awaitState(channel, 0, State.IDLE).connections()).isZero();
    assertThat(call(channel)).isEqualTo("Hello 127.0.0.2");
  }

  @Test
  void followsAServerOfOurs() throws Exception {
    try (TestServer server = TestServer.start(
        TestServer.OPTIONS.withServices(
            new ServerOptions.Services(List.of(), true, false, false, false)),
        builder -> builder.service(new GreeterService()))) {
      addresses.add("127.0.0.1:" + server.port());
      Channel channel = channel(WATCHED.replace("greeter", "helloworld.Greeter"));
      assertThat(call(channel)).isEqualTo("Hello x");
      server.verticle().health().set("helloworld.Greeter", ServingStatus.NOT_SERVING);
      awaitState(channel, 0, State.TRANSIENT_FAILURE);
      server.verticle().health().set("helloworld.Greeter", ServingStatus.SERVING);
      awaitState(channel, 0, State.READY);
      assertThat(call(channel)).isEqualTo("Hello x");
    }
  }
}
