package dev.grpcbackend.cli;

import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.rpc.Metadata;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The flags that say which server is meant, how it is reached and where its schema comes from. */
final class Server {

  @Parameters(index = "0", paramLabel = "TARGET", description = "host:port")
  private String target = "";

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // picocli sets it before the command runs
  private CommandSpec command;

  @Option(
      names = "--plaintext",
      description = "No TLS; the default for this machine's own addresses.")
  private boolean plaintext;

  @Option(names = "--tls", description = "TLS; the default for all other addresses.")
  private boolean tls;

  @Option(names = "--insecure", description = "TLS that accepts any certificate.")
  private boolean insecure;

  @Option(
      names = "--cacert",
      paramLabel = "PEM",
      description = "Authorities to trust instead of Java's.")
  private String cacert = "";

  @Option(names = "--cert", paramLabel = "PEM", description = "This client's certificate chain.")
  private String cert = "";

  @Option(names = "--key", paramLabel = "PEM", description = "The private key of that certificate.")
  private String key = "";

  @Option(names = "--authority", paramLabel = "NAME", description = "What to call the server.")
  private String authority = "";

  @Option(
      names = {"-H", "--rpc-header"},
      paramLabel = "'NAME: VALUE'",
      description = "A request header; repeatable. Values of -bin names are base64.")
  private List<String> headers = new ArrayList<>();

  @Option(names = "--max-time", paramLabel = "SECONDS", description = "Deadline of the call.")
  private @Nullable BigDecimal maxTime;

  @Option(names = "--connect-timeout", paramLabel = "SECONDS", description = "Default: 10.")
  private @Nullable BigDecimal connectTimeout;

  @Option(
      names = "--max-msg-sz",
      paramLabel = "BYTES",
      description = "Largest response message. Default: 4194304.")
  private int maxMessageBytes = ChannelOptions.Limits.DEFAULTS.maxInboundMessageBytes();

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

  /** Runs an action with a channel to the server, and closes it. */
  <T> T connected(Function<Channel, T> action) {
    // No more of Vert.x than one event loop is needed, nor its DNS client.
    Vertx vertx = Clients.vertx();
    try {
      Channel channel = Channel.create(vertx, options());
      try {
        return action.apply(channel.with(callOptions()));
      } finally {
        Wait.until(channel.close());
      }
    } finally {
      // Not waited for: the process ends.
      vertx.close();
    }
  }

  /** Returns the schema: of the files that were named, else by the server's reflection. */
  Schema schema(Channel channel) {
    Schema files = schemaOfFiles();
    return files != null ? files : new Schema(new ServerReflection(channel));
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

  private ChannelOptions options() {
    boolean secure = tls || insecure || !cacert.isEmpty() || !cert.isEmpty();
    boolean encrypted = secure || (!plaintext && !isLocal());
    ChannelOptions options = ChannelOptions.to(target)
        .withAuthority(authority)
        .withTls(new ChannelOptions.Tls(encrypted, cacert, cert, key, insecure))
        .withLimits(new ChannelOptions.Limits(
            maxMessageBytes, ChannelOptions.Limits.DEFAULTS.maxInboundMetadataBytes()));
    if (connectTimeout == null) {
      return options;
    }
    ChannelOptions.Transport transport = options.transport();
    return options.withTransport(new ChannelOptions.Transport(
        seconds(connectTimeout),
        transport.streamWindowBytes(),
        transport.connectionWindowBytes(),
        transport.userAgent()));
  }

  private boolean isLocal() {
    return target.startsWith("localhost:")
        || target.startsWith("127.")
        || target.startsWith("[::1]:")
        || target.startsWith("unix:");
  }

  private static Duration seconds(BigDecimal seconds) {
    return Duration.ofNanos(seconds.movePointRight(9).longValue());
  }
}
