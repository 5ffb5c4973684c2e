package dev.grpcbackend.cli;

import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.schema.Schema;
import dev.grpcbackend.schema.ServerReflection;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What says which server is meant, how it is called and where its schema comes from. */
final class Server {

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "TARGET",
      description =
          "host:port, several with commas, dns:///host:port or unix:path. Default: what the"
              + " configuration says, localhost:8080.")
  private @Nullable String first;

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // picocli sets it before the command runs
  private CommandSpec command;

  @Mixin
  private ChannelFlags reached = new ChannelFlags();

  @Option(
      names = {"-H", "--rpc-header"},
      paramLabel = "'NAME: VALUE'",
      description = "A request header; repeatable. Values of -bin names are base64.")
  private List<String> headers = new ArrayList<>();

  @Option(names = "--max-time", paramLabel = "SECONDS", description = "Deadline of the call.")
  private @Nullable BigDecimal maxTime;

  @Option(
      names = "--proto",
      paramLabel = "FILE",
      description = "Schema from a .proto file instead of the server's reflection; repeatable.")
  private List<Path> protos = new ArrayList<>();

  @Option(
      names = "--import-path",
      paramLabel = "DIR",
      description = "Where .proto files and their imports are; repeatable.")
  private List<Path> importPaths = new ArrayList<>();

  @Option(
      names = "--protoset",
      paramLabel = "FILE",
      description = "Schema from a descriptor set; repeatable.")
  private List<Path> protosets = new ArrayList<>();

  /** Returns where the command prints. */
  PrintWriter out() {
    return command.commandLine().getOut();
  }

  /**
   * Runs an action with a channel to the server and the command's own parameter, and closes the
   * channel; or shows the options instead, if that was asked for.
   *
   * @param second what follows the first parameter. Without it the first may be the command's own: a
   *     target has a colon, nothing else that can stand there has one.
   * @return the exit code
   */
  int connected(@Nullable String second, ToIntBiFunction<Channel, @Nullable String> action) {
    boolean own = first != null && second == null && first.indexOf(':') < 0;
    return reached.connected(
        own ? null : first,
        out(),
        channel -> action.applyAsInt(channel.with(callOptions()), own ? first : second));
  }

  /** Returns the failure of a command that lacks a parameter. */
  ParameterException missing(String parameter) {
    return new ParameterException(command.commandLine(), "missing parameter: " + parameter);
  }

  /** Returns the schema: of the files that were named, else by the server's reflection. */
  Schema schema(Channel channel) {
    Schema files = schemaOfFiles();
    return files != null
        ? files
        : new Schema(new ServerReflection(channel, "name its schema with --proto or --protoset"));
  }

  /** Returns the schema of the files that were named, null if there are none. */
  @Nullable
  Schema schemaOfFiles() {
    if (!protosets.isEmpty()) {
      return new Schema(FileSchema.ofSets(protosets));
    }
    return protos.isEmpty() ? null : new Schema(FileSchema.ofProtos(protos, importPaths));
  }

  /** Returns the request headers as they were given, in order. */
  Metadata metadata() {
    Metadata metadata = new Metadata();
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new CommandFailure("-H: " + header + " (expected: 'name: value')");
      }
      metadata.add(
          header.substring(0, colon).strip(), header.substring(colon + 1).strip());
    }
    return metadata;
  }

  private CallOptions callOptions() {
    CallOptions options = CallOptions.DEFAULTS.withMetadata(metadata());
    return maxTime == null ? options : options.withTimeout(seconds(maxTime));
  }

  private static Duration seconds(BigDecimal seconds) {
    return Duration.ofNanos(seconds.movePointRight(9).longValue());
  }
}
