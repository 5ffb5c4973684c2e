package dev.grpcbackend.client;

import dev.grpcbackend.client.ServerState.State;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * How many servers a balancer picks in a millisecond, of three that are connected, each with the room
 * for a stream taken and given back. It is in the package of what it measures.
 */
public final class Picks {

  private static final int SERVERS = 3;
  private static final int ROUNDS = 5;
  private static final int BATCH = 1_000;
  private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private Picks() {}

  public static void main(String[] arguments) throws Exception {
    Vertx vertx = Vertx.vertx();
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < SERVERS; i++) {
      String host = "127.0.0." + (2 + i);
      GrpcServerVerticle server = GrpcServerVerticle.builder()
          .options(ServerOptions.DEFAULTS.withHost(host).withPort(0))
          .build();
      await(vertx.deployVerticle(server));
      addresses.add(host + ":" + server.actualPort());
    }
    ChannelOptions to = ChannelOptions.to("static:///" + String.join(",", addresses));
    System.out.println("policy         picks/ms  spread");
    for (String policy : List.of("pick_first", "round_robin", "least_request", "ring_hash")) {
      measure(vertx, policy, to.withLoadBalancing(policy));
    }
    System.exit(0);
  }

  private static void measure(Vertx vertx, String policy, ChannelOptions options) throws Exception {
    Context home = CallContext.eventLoop(vertx);
    LoadBalancer balancer =
        new LoadBalancer(home, new Connector(vertx, options), Target.parse(options.target()), null);
    Request request = new Request(home);
    int wanted = policy.equals("pick_first") ? 1 : SERVERS;
    // The picker of a server that has become ready is made in the turn after.
    while (!pick(balancer, new Request(home)) || ready(balancer) < wanted) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    List<Double> rounds = new ArrayList<>();
    for (int i = 0; i <= ROUNDS; i++) {
      double rate = round(balancer, request);
      if (i > 0) {
        rounds.add(rate);
      }
    }
    rounds.sort(null);
    double median = rounds.get(ROUNDS / 2);
    System.out.printf(
        "%-13s %9.0f %6.0f%%%n",
        policy, median, 100 * (rounds.get(ROUNDS - 1) - rounds.get(0)) / median);
    balancer.close();
  }

  private static double round(LoadBalancer balancer, Request request) {
    long picks = 0;
    long start = System.nanoTime();
    long nanos = 0;
    while (nanos < ROUND_NANOS) {
      for (int i = 0; i < BATCH; i++) {
        pick(balancer, request);
      }
      picks += BATCH;
      nanos = System.nanoTime() - start;
    }
    return picks * 1e6 / nanos;
  }

  private static boolean pick(LoadBalancer balancer, Request request) {
    Connection taken = balancer.take(request);
    if (taken != null) {
      taken.release();
    }
    return taken != null;
  }

  private static long ready(LoadBalancer balancer) throws Exception {
    return await(balancer.state()).servers().stream()
        .filter(server -> server.known().state() == State.READY)
        .count();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
  }

  private static final class Request implements StreamRequest {
    private final Context context;
    private final SplittableRandom random = new SplittableRandom(1);

    Request(Context context) {
      this.context = context;
    }

    @Override
    public Context context() {
      return context;
    }

    @Override
    public boolean waitsForReady() {
      return true;
    }

    @Override
    public boolean hasDeadline() {
      return false;
    }

    @Override
    public long hash(String header) {
      return random.nextLong();
    }

    @Override
    public void onConnection(Connection connection) {
      connection.release();
    }

    @Override
    public void onRefused(Status status) {
      throw new IllegalStateException(status.toString());
    }
  }
}
