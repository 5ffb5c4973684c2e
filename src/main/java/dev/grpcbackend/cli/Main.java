package dev.grpcbackend.cli;

import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.schema.SchemaException;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The program in the jar: {@code java -jar vertx-grpc-backend-all.jar COMMAND}. */
@Command(
    name = "grpc-backend",
    description = "A gRPC server, and a client for any gRPC server.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      Serve.class,
      CallCommand.class,
      ListCommand.class,
      DescribeCommand.class,
      HealthCommand.class,
      ChannelCommand.class,
      PolicyCommand.class,
      Greet.class,
      Prepare.class,
      CommandLine.HelpCommand.class
    })
public final class Main {

  private Main() {}

  /** Runs one command and exits with its code; {@code serve} returns and keeps the process alive. */
  public static void main(String[] args) {
    startQuickly();
    Serve plain = Serve.plain(args);
    int code = plain == null ? commandLine().execute(normalized(args)) : run(plain);
    if (code != Serve.KEEP_RUNNING) {
      System.exit(code);
    }
  }

  /** Leaves out what takes a quarter of a cold start; a {@code -D} on the command line wins. */
  private static void startQuickly() {
    // Events of Netty's allocator for the flight recorder.
    System.getProperties().putIfAbsent("io.netty.jfr.enabled", "false");
    // A search through all jars for what the jar is known to bring.
    System.getProperties()
        .putIfAbsent("slf4j.provider", "ch.qos.logback.classic.spi.LogbackServiceProvider");
    System.getProperties().putIfAbsent("slf4j.internal.verbosity", "WARN");
  }

  private static int run(Serve serve) {
    PrintWriter err = Serve.console(System.err);
    try {
      try {
        return serve.call();
      } catch (Exception failure) {
        return report(failure, err);
      }
    } catch (Exception unexpected) {
      unexpected.printStackTrace(err);
      return ExitCode.FAILURE;
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler((failure, line, parsed) -> report(failure, line.getErr()))
        .setParameterExceptionHandler((failure, arguments) -> usage(failure));
  }

  /** Flags may be written with one dash, as in grpcurl: {@code -plaintext}. */
  private static String[] normalized(String[] args) {
    String[] normalized = args.clone();
    for (int i = 0; i < args.length; i++) {
      if (args[i].matches("-[a-zA-Z][a-zA-Z-]+(=.*)?") && !args[i].equals("-vv")) {
        normalized[i] = "-" + args[i];
      }
    }
    return normalized;
  }

  private static int report(Exception failure, PrintWriter err) throws Exception {
    if (failure instanceof OptionsException) {
      err.println(failure.getMessage());
      return ExitCode.USAGE;
    }
    if (failure instanceof CommandFailure || failure instanceof SchemaException) {
      err.println(failure.getMessage());
      return ExitCode.FAILURE;
    }
    if (failure instanceof IllegalArgumentException) {
      err.println(failure.getMessage());
      return ExitCode.USAGE;
    }
    if (failure instanceof StatusException status) {
      err.println("ERROR:");
      err.println("  Code: " + camelCase(status.code().name()));
      err.println("  Message: " + status.status().description());
      if (status.attempts() > 1) {
        err.println("  Attempts: " + status.attempts() + ", the last at " + status.server());
      }
      return ExitCode.RPC_BASE + status.code().code;
    }
    throw failure;
  }

  /** {@code NOT_FOUND} as {@code NotFound}. */
  private static String camelCase(String name) {
    StringBuilder text = new StringBuilder();
    for (String word : name.split("_", -1)) {
      text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return text.toString();
  }

  private static int usage(ParameterException failure) {
    CommandLine line = failure.getCommandLine();
    line.getErr().println(failure.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(failure, line.getErr());
    line.getErr().println("Try: " + line.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }
}
