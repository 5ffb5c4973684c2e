package dev.grpcbackend.cli;

import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.policy.TokenSigner;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code policy token}: a token that a policy takes, to try it. */
@Command(
    name = "token",
    description = "Prints a token that the policy takes, signed with the secret that it names.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PolicyToken implements Callable<Integer> {

  private static final Duration MAX_VALIDITY = Duration.ofDays(30);

  @Parameters(index = "0", paramLabel = "FILE", description = "The policy file.")
  private String file = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      required = true,
      description = "Who calls: the token's sub.")
  private String name = "";

  @Option(names = "--role", paramLabel = "ROLE", description = "A role of the caller; repeatable.")
  private List<String> roles = List.of();

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long it is valid. Default: ${DEFAULT-VALUE}.")
  private int minutes = 60;

  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (minutes < 1 || minutes > MAX_VALIDITY.toMinutes()) {
      throw new OptionsException(
          "--minutes: " + minutes + " (expected: 1 to " + MAX_VALIDITY.toMinutes() + ")");
    }
    Vertx vertx = Vertx.vertx();
    try {
      PrintWriter out =
          spec == null ? Serve.console(System.out) : spec.commandLine().getOut();
      out.println(TokenSigner.of(vertx, file).sign(name, roles, Duration.ofMinutes(minutes)));
      out.flush();
      return ExitCode.OK;
    } finally {
      Wait.until(vertx.close());
    }
  }
}
