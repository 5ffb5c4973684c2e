package dev.grpcbackend.cli;

import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.StatusException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code greet}: the tutorial's client, one {@code SayHello} with a deadline of a second. */
@Command(
    name = "greet",
    description = "Says hello: the tutorial's call.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Greet implements Callable<Integer> {

  static final Method<HelloRequest, HelloReply> SAY_HELLO = new Method<>(
      "helloworld.Greeter",
      "SayHello",
      MethodType.UNARY,
      Marshaller.of(HelloRequest.class),
      Marshaller.of(HelloReply.class),
      false,
      null);

  private static final Duration DEADLINE = Duration.ofSeconds(1);

  private static final Duration CONNECT = Duration.ofSeconds(10);

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "NAME",
      defaultValue = "world",
      description = "Whom to greet. Default: ${DEFAULT-VALUE}.")
  private String name = "world";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "TARGET",
      description =
          "host:port, several with commas, dns:///host:port or unix:path. Default: what the"
              + " configuration says, localhost:8080.")
  private @Nullable String target;

  @Mixin
  private ChannelFlags reached = new ChannelFlags();

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before call()
  private CommandSpec spec;

  @Override
  public Integer call() {
    return reached.connected(target, spec.commandLine().getOut(), this::greet);
  }

  private int greet(Channel channel) {
    try {
      // Connects, and loads the classes for it, before the second begins to count.
      ClientCall<HelloRequest, HelloReply> first =
          channel.with(CallOptions.DEFAULTS.withTimeout(CONNECT)).call(SAY_HELLO);
      Wait.until(first.sendHeaders());
      first.cancel();
      HelloReply reply = Wait.until(channel
          .with(CallOptions.DEFAULTS.withTimeout(DEADLINE))
          .unary(SAY_HELLO, HelloRequest.newBuilder().setName(name).build()));
      spec.commandLine().getOut().println("Greeting: " + reply.getMessage());
      spec.commandLine().getOut().flush();
      return ExitCode.OK;
    } catch (StatusException failure) {
      spec.commandLine().getErr().println("RPC failed: " + failure.status());
      return ExitCode.RPC_BASE + failure.code().code;
    }
  }
}
