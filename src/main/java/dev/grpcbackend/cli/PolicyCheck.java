package dev.grpcbackend.cli;

import dev.grpcbackend.policy.Policy;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code policy check}: whether a server would take a policy file, and what it says for each method. */
@Command(
    name = "check",
    description =
        "Says for each method which rules are for it; exit code 2 if the file is not good.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PolicyCheck implements Callable<Integer> {

  @Mixin
  private PolicySource source = new PolicySource();

  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    Vertx vertx = Vertx.vertx();
    try {
      List<Method<?, ?>> methods = source.methods(vertx);
      Policy policy = source.policy(vertx, methods);
      PrintWriter out =
          spec == null ? Serve.console(System.out) : spec.commandLine().getOut();
      int width =
          methods.stream().mapToInt(method -> method.fullName().length()).max().orElse(1);
      for (Method<?, ?> method : methods) {
        List<String> rules = policy.textsFor(method);
        String said = rules.isEmpty() ? "nobody" : String.join("; ", rules);
        out.printf("%-" + width + "s  %s%n", method.fullName(), said);
      }
      out.flush();
      policy.close();
      return ExitCode.OK;
    } finally {
      Wait.until(vertx.close());
    }
  }
}
