package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How calls are spread over several servers, which come and go. */
@Timeout(120)
class BalancingTest {

  private static final String RETRYING = """
      {methodConfig: [{name: [{}], retryPolicy: {maxAttempts: 5, initialBackoff: 0.01s,
       maxBackoff: 1s, backoffMultiplier: 3, retryableStatusCodes: [UNAVAILABLE, CANCELLED]}}]}""";

  private final Vertx vertx = Vertx.vertx();
  private final List<NamedServer> servers = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    servers.forEach(NamedServer::stop);
  }

  @Test
  void roundRobinCallsAllServersInTurn() throws Exception {
    Channel channel = channel("round_robin", start(3));
    callUntilSeen(channel, 3);

    List<String> seen = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      seen.add(call(channel));
    }

    assertThat(seen.stream().collect(Collectors.groupingBy(name -> name, Collectors.counting())))
        .hasSize(3)
        .allSatisfy((server, calls) -> assertThat(calls).isEqualTo(3));
  }

  @Test
  void tellsTheStateOfEachServerAndWhyOneIsNotThere() throws Exception {
    List<NamedServer> nodes = start(3);
    nodes.get(2).stop();
    Channel channel = channel("round_robin", nodes);
    assertThat(await(channel.servers())).isEmpty();
    callUntilSeen(channel, 2);

    List<ServerState> states = await(channel.servers());
    while (states.get(2).state() == ServerState.State.CONNECTING) {
      call(channel);
      states = await(channel.servers());
    }

    assertThat(states)
        .startsWith(
            new ServerState(nodes.get(0).address(), ServerState.State.READY, 1, ""),
            new ServerState(nodes.get(1).address(), ServerState.State.READY, 1, ""));
    assertThat(states.get(2).state()).isEqualTo(ServerState.State.TRANSIENT_FAILURE);
    assertThat(states.get(2).failure()).contains(nodes.get(2).address(), "refused");
  }

  @Test
  void pickFirstStaysWithTheFirstServerUntilItIsGone() throws Exception {
    Channel channel = channel("pick_first", start(2));
    for (int i = 0; i < 5; i++) {
      assertThat(call(channel)).isEqualTo("Hello 127.0.0.2");
    }

    servers.get(0).stop();
    assertThat(callUntilSeen(channel, 1)).containsExactly("Hello 127.0.0.3");
  }

  @Test
  void leastRequestAvoidsTheServerThatIsBusy() throws Exception {
    Channel balanced = Channel.create(
        vertx,
        options("pick_first", start(2))
            .withServiceConfig(ServiceConfig.parse(
                "{loadBalancingConfig: [{least_request: {choiceCount: 10}}]}")));
    callUntilSeen(balanced, 2);
    ClientCall<HelloRequest, HelloReply> unanswered = balanced.call(Greeters.SAY_HELLO);
    var unused = unanswered.sendLast(name(NamedServer.HANG));
    while (unanswered.server().isEmpty()) {
      Thread.onSpinWait();
    }
    int elsewhere = 0;
    for (int i = 0; i < 50; i++) {
      elsewhere += unanswered.server().startsWith(call(balanced).substring(6)) ? 0 : 1;
    }
    // One in a thousand does not hear of the other.
    assertThat(elsewhere).isGreaterThan(45);
    unanswered.cancel();
  }

  @Test
  void takesAServerOutWhoseCallsFailAndLetsItInAgain() throws Exception {
    List<NamedServer> nodes = start(3);
    String config = """
        {loadBalancingConfig: [{outlier_detection_experimental: {
          interval: 0.02s, baseEjectionTime: 0.3s, maxEjectionTime: 0.3s, maxEjectionPercent: 50,
          failurePercentageEjection: {threshold: 50, minimumHosts: 1, requestVolume: 1},
          childPolicy: [{round_robin: {}}]}}]}""";
    Channel channel = Channel.create(
        vertx, options("pick_first", nodes).withServiceConfig(ServiceConfig.parse(config)));
    callUntilSeen(channel, 3);

    nodes.get(1).breakDown(true);
    while (await(channel.servers()).get(1).state() != ServerState.State.TRANSIENT_FAILURE) {
      await(
          channel.unary(Greeters.SAY_HELLO, name("x")).transform(done -> Future.succeededFuture()));
    }
    assertThat(await(channel.servers()).get(1).failure())
        .isEqualTo(nodes.get(1).address()
            + " gets no calls for a while: too many have failed (outlier detection)");
    nodes.get(1).breakDown(false);
    callUntilSeen(channel, 3);
  }

  @Test
  void ringHashSendsTheSameKeyToTheSameServer() throws Exception {
    Channel channel = Channel.create(
        vertx,
        options("pick_first", start(3))
            .withServiceConfig(ServiceConfig.parse(
                "{loadBalancingConfig: [{ring_hash: {requestHashHeader: tenant}}]}")));
    Set<String> all = new HashSet<>();
    for (int tenant = 0; tenant < 40; tenant++) {
      Channel own = channel.with(
          CallOptions.DEFAULTS.withHeader("tenant", "t" + tenant).withWaitForReady(true));
      String first = call(own);
      all.add(first);
      for (int i = 0; i < 3; i++) {
        assertThat(call(own)).isEqualTo(first);
      }
    }
    assertThat(all).hasSize(3);
  }

  @Test
  void failsAtOnceWithTheReasonWhenNoServerIsThere() throws Exception {
    Channel channel = channel("round_robin", start(2));
    servers.forEach(NamedServer::stop);

    StatusException failure = failure(channel.unary(Greeters.SAY_HELLO, name("x")));

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(failure.status().description())
        .startsWith("cannot connect to 127.0.0.")
        .endsWith("Connection refused");
  }

  @Test
  void waitsForAServerIfTold() throws Exception {
    Channel channel = channel("round_robin", start(2));
    servers.forEach(NamedServer::stop);
    assertThat(failure(channel.unary(Greeters.SAY_HELLO, name("x"))).code())
        .isEqualTo(GrpcStatus.UNAVAILABLE);

    Future<HelloReply> waiting = channel
        .with(CallOptions.DEFAULTS.withWaitForReady(true).withTimeout(Duration.ofSeconds(30)))
        .unary(Greeters.SAY_HELLO, name("x"));
    servers.get(1).start();

    assertThat(waiting.toCompletionStage().toCompletableFuture().get())
        .isEqualTo(hello("127.0.0.3"));
  }

  @Test
  void losesNoCallWhileServersDrainAndComeBack() throws Exception {
    Channel channel = channel("round_robin", start(3));
    callUntilSeen(channel, 3);
    Calls calls = new Calls(channel);
    for (NamedServer server : servers) {
      calls.awaitMore(300);
      server.drain();
      calls.awaitMore(300);
      server.start();
      callUntilSeen(channel, 3);
    }

    assertThat(calls.stop()).isEmpty();
  }

  @Test
  void losesNoCallThatMayBeRetriedWhenAServerIsKilled() throws Exception {
    Channel channel = Channel.create(
        vertx, options("round_robin", start(3)).withServiceConfig(ServiceConfig.parse(RETRYING)));
    callUntilSeen(channel, 3);
    Calls calls = new Calls(channel);
    for (NamedServer server : servers) {
      calls.awaitMore(300);
      server.stop();
      calls.awaitMore(300);
      server.start();
      // Waits until the server is called again, lest all three are away at a time.
      callUntilSeen(channel, 3);
    }

    assertThat(calls.stop()).isEmpty();
  }

  @Test
  void makesAnotherAttemptAtAServerThatTheCallHasNotBeenAt() throws Exception {
    Channel channel = Channel.create(
        vertx, options("round_robin", start(2)).withServiceConfig(ServiceConfig.parse(RETRYING)));
    callUntilSeen(channel, 2);
    for (int i = 0; i < 3; i++) {
      ClientCall<HelloRequest, HelloReply> call = channel.call(Greeters.SAY_HELLO);
      var unused = call.sendLast(name(NamedServer.HANG));
      while (servers.stream().noneMatch(NamedServer::isHanging)) {
        Thread.onSpinWait();
      }
      NamedServer first = servers.get(servers.get(0).isHanging() ? 0 : 1);
      NamedServer other = servers.get(first == servers.get(0) ? 1 : 0);
      // The other's turn is over with that, so that it would be the first one's again.
      assertThat(call(channel)).isEqualTo("Hello " + other.host());

      first.failHanging();
      other.failHanging();
      call.cancel();
    }
  }

  @Test
  void followsAResolverWhoseAnswerChanges() throws Exception {
    start(2);
    AtomicReference<List<SocketAddress>> answer = new AtomicReference<>(
        List.of(SocketAddress.inetSocketAddress(servers.get(0).port(), "127.0.0.2")));
    Channel channel = Channel.create(
        vertx, ChannelOptions.to("shop:1"), () -> Future.succeededFuture(answer.get()));
    assertThat(call(channel)).isEqualTo("Hello 127.0.0.2");

    answer.set(List.of(SocketAddress.inetSocketAddress(servers.get(1).port(), "127.0.0.3")));
    servers.get(0).stop();

    assertThat(callUntilSeen(channel.with(CallOptions.DEFAULTS.withWaitForReady(true)), 1))
        .containsExactly("Hello 127.0.0.3");
  }

  @Test
  void asksAResolverAgainThatWantsToBeAsked() throws Exception {
    start(2);
    AtomicReference<List<SocketAddress>> answer = new AtomicReference<>(
        List.of(SocketAddress.inetSocketAddress(servers.get(0).port(), "127.0.0.2")));
    Resolver changing = new Resolver() {
      @Override
      public Future<List<SocketAddress>> resolve() {
        return Future.succeededFuture(answer.get());
      }

      @Override
      public Duration refresh() {
        return Duration.ofMillis(20);
      }
    };
    Channel channel = Channel.create(vertx, ChannelOptions.to("shop:1"), changing);
    assertThat(call(channel)).isEqualTo("Hello 127.0.0.2");

    // No connection is lost.
    answer.set(List.of(SocketAddress.inetSocketAddress(servers.get(1).port(), "127.0.0.3")));

    while (!call(channel).equals("Hello 127.0.0.3")) {
      Thread.onSpinWait();
    }
    assertThat(call(channel)).isEqualTo("Hello 127.0.0.3");
  }

  @Test
  void namesTheTargetAndTheReasonOfANameThatCannotBeResolved() {
    Channel channel = Channel.create(
        vertx, ChannelOptions.to("dns:///shop:1"), () -> Future.failedFuture("no such name"));

    assertThat(failure(channel.unary(Greeters.SAY_HELLO, name("x"))).getMessage())
        .isEqualTo("UNAVAILABLE: cannot resolve dns:///shop:1: no such name");
  }

  @Test
  void waitsForANameThatCannotBeResolvedYetIfTold() throws Exception {
    SocketAddress server = SocketAddress.inetSocketAddress(start(1).get(0).port(), "127.0.0.2");
    AtomicInteger asked = new AtomicInteger();
    Channel channel = Channel.create(
        vertx,
        ChannelOptions.to("dns:///shop:1"),
        () -> asked.getAndIncrement() == 0
            ? Future.failedFuture("no such name")
            : Future.succeededFuture(List.of(server)));

    assertThat(call(channel.with(CallOptions.DEFAULTS.withWaitForReady(true))))
        .isEqualTo("Hello 127.0.0.2");
    assertThat(asked).hasValueGreaterThan(1);
  }

  @Test
  void callsTheServersBehindAName() throws Exception {
    start(1);
    Vertx named = Vertx.vertx(new VertxOptions()
        .setAddressResolverOptions(
            new AddressResolverOptions().setHostsValue(Buffer.buffer("127.0.0.2 shop.example\n"))));
    try {
      Channel channel = Channel.create(
          named, ChannelOptions.to("dns:///shop.example:" + servers.get(0).port()));

      assertThat(call(channel)).isEqualTo("Hello 127.0.0.2");
    } finally {
      await(named.close());
    }
  }

  private List<NamedServer> start(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      servers.add(new NamedServer("127.0.0." + (i + 2)));
    }
    return servers;
  }

  private static ChannelOptions options(String policy, List<NamedServer> servers) {
    return ChannelOptions.to("static:///"
            + servers.stream().map(NamedServer::address).collect(Collectors.joining(",")))
        .withLoadBalancing(policy);
  }

  private Channel channel(String policy, List<NamedServer> servers) {
    return Channel.create(vertx, options(policy, servers));
  }

  /** Calls until that many servers have answered; what fails in between does not count. */
  private static Set<String> callUntilSeen(Channel channel, int count) throws Exception {
    Set<String> seen = new HashSet<>();
    while (seen.size() < count) {
      try {
        seen.add(call(channel));
      } catch (StatusException notYet) {
        // A grpc-java server that stops at once resets its streams with CANCEL.
        assertThat(notYet.code()).isIn(GrpcStatus.UNAVAILABLE, GrpcStatus.CANCELLED);
      }
    }
    return seen;
  }

  private static String call(Channel channel) throws Exception {
    return await(channel.unary(Greeters.SAY_HELLO, name("x"))).getMessage();
  }

  private static StatusException failure(Future<?> call) {
    return catchThrowableOfType(StatusException.class, () -> await(call));
  }
}
