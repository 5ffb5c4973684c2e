package dev.grpcbackend.cli;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.proto.health.v1.HealthCheckRequest;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import io.vertx.core.Promise;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code health}: whether a server, or a service of it, takes calls. */
@Command(
    name = "health",
    description = "Asks whether a server takes calls; exit code 1 if not.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class HealthCommand implements Callable<Integer> {

  static final Method<HealthCheckRequest, HealthCheckResponse> CHECK =
      method("Check", MethodType.UNARY);

  @Mixin
  private Server server = new Server();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "SERVICE",
      description = "Full name of a service; the server as a whole without one.")
  private @Nullable String service;

  @Option(names = "--watch", description = "Goes on with one line for each change.")
  private boolean watch;

  @Override
  public Integer call() {
    return server.connected(service, watch ? this::watch : this::check);
  }

  private int check(Channel channel, @Nullable String name) {
    ServingStatus status = Wait.until(channel.unary(CHECK, request(name))).getStatus();
    return show(status);
  }

  private int watch(Channel channel, @Nullable String name) {
    Promise<Void> ended = Promise.promise();
    ClientCall<HealthCheckRequest, HealthCheckResponse> call =
        channel.call(method("Watch", MethodType.SERVER_STREAMING));
    call.responses()
        .exceptionHandler(ended::tryFail)
        .endHandler(end -> ended.tryComplete())
        .handler(response -> show(response.getStatus()));
    call.sendLast(request(name)).onFailure(ended::tryFail);
    Wait.until(ended.future());
    return ExitCode.OK;
  }

  private int show(ServingStatus status) {
    PrintWriter out = server.out();
    out.println(status.name());
    out.flush();
    return status == ServingStatus.SERVING ? ExitCode.OK : ExitCode.FAILURE;
  }

  private HealthCheckRequest request(@Nullable String name) {
    return HealthCheckRequest.newBuilder().setService(name == null ? "" : name).build();
  }

  private static Method<HealthCheckRequest, HealthCheckResponse> method(
      String name, MethodType type) {
    return new Method<>(
        "grpc.health.v1.Health",
        name,
        type,
        Marshaller.of(HealthCheckRequest.class),
        Marshaller.of(HealthCheckResponse.class),
        false,
        null);
  }
}
