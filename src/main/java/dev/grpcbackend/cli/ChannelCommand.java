package dev.grpcbackend.cli;

import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ServerState;
import dev.grpcbackend.client.ServerState.State;
import dev.grpcbackend.proto.health.v1.HealthCheckRequest;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code channel}: what becomes of the servers behind a target when they are called. */
@Command(
    name = "channel",
    description = "Calls the servers of a target and shows which of them are connected; exit code 1"
        + " if none is.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ChannelCommand implements Callable<Integer> {

  /** Between two looks at servers that are being connected to. */
  private static final long LOOK_MILLIS = 20;

  /** Between two calls with {@code --watch}. */
  private static final long CALL_MILLIS = 500;

  @Mixin
  private Server server = new Server();

  @Option(
      names = "--watch",
      description = "Goes on calling, twice a second, and shows each server that has changed.")
  private boolean watch;

  @Override
  public Integer call() {
    return server.connected(null, this::show);
  }

  private int show(Channel channel, @Nullable String nothing) {
    Duration timeout = channel.options().transport().connectTimeout();
    Channel asking = channel.with(CallOptions.DEFAULTS.withTimeout(timeout));
    Vertx vertx = asking.call(HealthCommand.CHECK).context().owner();
    List<ServerState> states = Wait.until(settled(asking, vertx));
    print(states, Set.of());
    if (watch) {
      follow(asking, vertx, new HashSet<>(states));
      Wait.until(Promise.<Void>promise().future());
    }
    boolean ready = states.stream().anyMatch(known -> known.state() == State.READY);
    return ready ? ExitCode.OK : ExitCode.FAILURE;
  }

  /** Makes a call, whatever its answer, and returns the servers when none is being connected to. */
  private static Future<List<ServerState>> settled(Channel channel, Vertx vertx) {
    Future<HealthCheckResponse> answer =
        channel.unary(HealthCommand.CHECK, HealthCheckRequest.getDefaultInstance());
    return answer.otherwiseEmpty().compose(over -> channel.servers()).compose(states -> {
      if (states.isEmpty() && answer.failed()) {
        // The name is not known, and why says the answer.
        return Future.failedFuture(answer.cause());
      }
      return look(channel, vertx, states);
    });
  }

  private static Future<List<ServerState>> look(
      Channel channel, Vertx vertx, List<ServerState> states) {
    if (states.stream().noneMatch(known -> known.state() == State.CONNECTING)) {
      return Future.succeededFuture(states);
    }
    return vertx
        .timer(LOOK_MILLIS)
        .compose(passed -> channel.servers())
        .compose(now -> look(channel, vertx, now));
  }

  private void follow(Channel channel, Vertx vertx, Set<ServerState> known) {
    vertx
        .timer(CALL_MILLIS)
        .compose(passed -> settled(channel, vertx))
        .onSuccess(states -> print(states, known))
        .onComplete(
            states -> follow(channel, vertx, new HashSet<>(states)),
            unresolved -> follow(channel, vertx, known));
  }

  private void print(List<ServerState> states, Set<ServerState> known) {
    PrintWriter out = server.out();
    int width =
        states.stream().mapToInt(state -> state.address().length()).max().orElse(1);
    for (ServerState state : states) {
      if (!known.contains(state)) {
        out.printf("%-" + width + "s  %-17s  %s%n", state.address(), state.state(), rest(state));
      }
    }
    out.flush();
  }

  private static String rest(ServerState state) {
    return switch (state.state()) {
      case READY ->
        state.connections() == 1 ? "1 connection" : state.connections() + " connections";
      case TRANSIENT_FAILURE -> state.failure();
      case IDLE -> "not needed";
      case CONNECTING -> "";
    };
  }
}
