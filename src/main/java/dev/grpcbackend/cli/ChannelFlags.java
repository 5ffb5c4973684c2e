package dev.grpcbackend.cli;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionSource;
import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.options.OptionsReader;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The flags that say how a server is reached, over the options of a client's configuration. */
final class ChannelFlags {

  @Mixin
  private ConfigFlags config = new ConfigFlags();

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
  private @Nullable String cacert;

  @Option(names = "--cert", paramLabel = "PEM", description = "This client's certificate chain.")
  private @Nullable String cert;

  @Option(names = "--key", paramLabel = "PEM", description = "The private key of that certificate.")
  private @Nullable String key;

  @Option(names = "--authority", paramLabel = "NAME", description = "What to call the server.")
  private @Nullable String authority;

  @Option(
      names = "--lb",
      paramLabel = "POLICY",
      description = "How calls are spread over several servers: pick_first (the default),"
          + " round_robin, least_request or ring_hash.")
  private @Nullable String loadBalancing;

  @Option(
      names = "--service-config",
      paramLabel = "FILE|JSON",
      description = "Deadlines, retries, hedging and balancing by method, as gRPC defines them.")
  private @Nullable String serviceConfig;

  @Option(names = "--connect-timeout", paramLabel = "SECONDS", description = "Default: 10.")
  private @Nullable BigDecimal connectTimeout;

  @Option(
      names = "--max-msg-sz",
      paramLabel = "BYTES",
      description = "Largest response message. Default: 4194304.")
  private @Nullable String maxMessageBytes;

  /**
   * Runs an action with a channel, and closes it; or shows the options instead, if that was asked
   * for.
   *
   * @param target null for the one that the options name
   * @return the exit code
   */
  int connected(@Nullable String target, PrintWriter out, ToIntFunction<Channel> action) {
    OptionsReader.Result<ChannelOptions> read = read(target);
    if (config.shown(read, out)) {
      return ExitCode.OK;
    }
    // No more of Vert.x than one event loop is needed, nor its DNS client.
    Vertx vertx = Clients.vertx();
    try {
      Channel channel = Channel.create(vertx, read.options());
      try {
        return action.applyAsInt(channel);
      } finally {
        Wait.until(channel.close());
      }
    } finally {
      // Not waited for: the process ends.
      vertx.close();
    }
  }

  private OptionsReader.Result<ChannelOptions> read(@Nullable String target) {
    OptionsReader<ChannelOptions> reader = new OptionsReader<>(ChannelOptions.DEFAULTS);
    List<OptionSource> sources = config.sources(reader, "client");
    sources.add(flags(target));
    // Before all others, so that whoever names the option itself wins.
    sources.add(0, implied(reader.read(sources).options()));
    return reader.read(sources);
  }

  private OptionSource flags(@Nullable String target) {
    if (plaintext && isTlsGiven()) {
      throw new OptionsException(
          "--plaintext: given (expected: not beside --tls, --insecure, --cacert or --cert)");
    }
    return new FlagSource()
        .with("target", "TARGET", target)
        .with("authority", "--authority", authority)
        .with("loadBalancing", "--lb", loadBalancing)
        .with("serviceConfig", "--service-config", serviceConfig())
        .with(
            "transport.connectTimeout",
            "--connect-timeout",
            connectTimeout == null ? null : connectTimeout.toPlainString() + "s")
        .with("tls.enabled", "--plaintext", plaintext ? false : null)
        .with("tls.enabled", "--tls", isTlsGiven() ? true : null)
        .with("tls.trustFile", "--cacert", cacert)
        .with("tls.certFile", "--cert", cert)
        .with("tls.keyFile", "--key", key)
        .with("tls.insecure", "--insecure", insecure ? true : null)
        .with("limits.maxInboundMessageBytes", "--max-msg-sz", maxMessageBytes)
        .source();
  }

  private @Nullable Object serviceConfig() {
    String given = serviceConfig;
    if (given == null) {
      return null;
    }
    return given.stripLeading().startsWith("{") ? given : ConfigTree.text(Path.of(given));
  }

  private boolean isTlsGiven() {
    return tls || insecure || cacert != null || cert != null;
  }

  /** TLS if something of it was set, or if the target is another machine. */
  private static OptionSource implied(ChannelOptions options) {
    ChannelOptions.Tls tls = options.tls();
    boolean any =
        tls.insecure() || !tls.trustFile().isEmpty() || !tls.certFile().isEmpty();
    boolean encrypted = any || !isLocal(options.target());
    return OptionSource.of("implied", encrypted ? Map.of("tls.enabled", true) : Map.of());
  }

  private static boolean isLocal(String target) {
    String addresses = target.replaceFirst("^(dns|static):(///)?", "");
    return addresses.startsWith("unix:")
        || Arrays.stream(addresses.split(",", -1))
            .map(String::strip)
            .allMatch(address -> address.startsWith("localhost:")
                || address.startsWith("127.")
                || address.startsWith("[::1]:"));
  }
}
