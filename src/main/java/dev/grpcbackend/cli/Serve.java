package dev.grpcbackend.cli;

import dev.grpcbackend.options.OptionSource;
import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.options.OptionsReader;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.BindException;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code serve}: starts the server and keeps it until the process is told to end. */
@Command(
    name = "serve",
    description = "Starts the server.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = "%nAlso: bin/grpc_server policy check|explain|token says what a policy file means.")
final class Serve implements Callable<Integer> {

  /** The code of a server that has started: the process goes on. */
  static final int KEEP_RUNNING = -1;

  /**
   * All files are named by their path. What finds them on the class path would begin with a folder of
   * its own under a random name, and the random numbers take longer than the listening.
   */
  private static final VertxOptions WITHOUT_CLASS_PATH_FILES = new VertxOptions()
      .setFileSystemOptions(new FileSystemOptions().setClassPathResolvingEnabled(false));

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      description = "Port, 0 for a free one. Default: 8080.")
  private @Nullable String port;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "Address to listen on. Default: 0.0.0.0.")
  private @Nullable String host;

  @Mixin
  private ConfigFlags config = new ConfigFlags();

  @Mixin
  private ServiceClasses services = new ServiceClasses();

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Certificate chain, PEM, or with its key PKCS#12 (.p12); turns TLS on.")
  private @Nullable String tlsCert;

  @Option(names = "--tls-key", paramLabel = "PEM", description = "Private key.")
  private @Nullable String tlsKey;

  @Option(
      names = "--tls-self-signed",
      description = "TLS with a certificate for localhost, made now and gone at the end.")
  private boolean tlsSelfSigned;

  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = "Who may call what; conf/policy.yaml is an example.")
  private @Nullable String policy;

  @Option(
      names = "--instances",
      paramLabel = "N",
      defaultValue = "1",
      description = "Event loops that share the port. Default: ${DEFAULT-VALUE}.")
  private int instances = 1;

  @Spec
  private @Nullable CommandSpec spec;

  private @Nullable SelfSigned selfSigned;

  private final List<GrpcServerVerticle> servers = new CopyOnWriteArrayList<>();

  /**
   * Returns the command for the plainest arguments, {@code serve} with at most an address, or null
   * for all others. The library that reads arguments takes longer than the start of the server, as
   * the JVM keeps none of its classes in an archive; what everybody types goes without it.
   */
  static @Nullable Serve plain(String... args) {
    if (args.length == 0 || args.length % 2 == 0 || !args[0].equals("serve")) {
      return null;
    }
    Serve serve = new Serve();
    for (int i = 1; i < args.length; i += 2) {
      String value = args[i + 1];
      boolean plainValue = isPlain(value);
      if (plainValue && serve.port == null && (args[i].equals("--port") || args[i].equals("-p"))) {
        serve.port = value;
      } else if (plainValue && serve.host == null && args[i].equals("--host")) {
        serve.host = value;
      } else {
        return null;
      }
    }
    return serve;
  }

  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == ':')) {
        return false;
      }
    }
    return !value.isEmpty();
  }

  /** Returns the port that is listened on, once started. */
  int actualPort() {
    return servers.get(0).actualPort();
  }

  /** Returns a writer for one of the process's streams; it flushes each line. */
  static PrintWriter console(PrintStream stream) {
    return new PrintWriter(stream, true, Charset.defaultCharset());
  }

  private PrintWriter out() {
    return spec == null ? console(System.out) : spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec == null ? console(System.err) : spec.commandLine().getErr();
  }

  @Override
  public Integer call() throws Exception {
    long begin = System.nanoTime();
    OptionsReader.Result<ServerOptions> read = read();
    PrintWriter out = out();
    if (config.shown(read, out)) {
      return ExitCode.OK;
    }
    if (instances < 1) {
      throw new OptionsException("--instances: " + instances + " (expected: > 0)");
    }
    ServerOptions options = read.options();
    ClassLoader loader = services.loader();
    Vertx vertx = Vertx.vertx(WITHOUT_CLASS_PATH_FILES);
    try {
      vertx
          .deployVerticle(
              () -> server(options, loader), new DeploymentOptions().setInstances(instances))
          .toCompletionStage()
          .toCompletableFuture()
          .get();
    } catch (ExecutionException failure) {
      vertx.close();
      return startFailed(options, failure.getCause());
    }
    Runtime.getRuntime().addShutdownHook(new Thread(new Shutdown(vertx, servers, err()), "drain"));
    out.println(readyLine(options, Duration.ofNanos(System.nanoTime() - begin)));
    if (selfSigned != null) {
      out.println("trust its certificate: bin/grpc_client --cacert " + selfSigned.certificate());
    }
    out.flush();
    return KEEP_RUNNING;
  }

  private GrpcServerVerticle server(ServerOptions options, ClassLoader loader) {
    GrpcServerVerticle server =
        GrpcServerVerticle.builder().options(options).classLoader(loader).build();
    servers.add(server);
    return server;
  }

  private OptionsReader.Result<ServerOptions> read() {
    OptionsReader<ServerOptions> reader = new OptionsReader<>(ServerOptions.DEFAULTS);
    List<OptionSource> sources = config.sources(reader, "server");
    sources.add(new FlagSource()
        .with("host", "--host", host)
        .with("port", "--port", port)
        .with("tls.certFile", "--tls-cert", tlsCert)
        .with("tls.keyFile", "--tls-key", tlsKey)
        .with("policy.file", "--policy", policy)
        .with("services.classes", "--service", services.names().isEmpty() ? null : services.names())
        .source());
    if (tlsSelfSigned) {
      sources.add(selfSigned());
    }
    return reader.read(sources);
  }

  private OptionSource selfSigned() {
    if (tlsCert != null) {
      throw new OptionsException(
          "--tls-self-signed: true (expected: without --tls-cert, " + tlsCert + ")");
    }
    SelfSigned made = SelfSigned.create();
    selfSigned = made;
    return new FlagSource()
        .with("tls.certFile", "--tls-self-signed", made.store().toString())
        .with("tls.keyFile", "--tls-self-signed", "")
        .with("tls.password", "--tls-self-signed", made.password())
        .source();
  }

  private int startFailed(ServerOptions options, @Nullable Throwable cause) {
    PrintWriter err = err();
    if (cause instanceof BindException) {
      err.println(
          "cannot listen on " + options.host() + ":" + options.port() + ": " + reason(cause));
      return ExitCode.DEPLOYMENT_FAILED;
    }
    err.println(
        cause == null || cause.getMessage() == null ? String.valueOf(cause) : cause.getMessage());
    return cause instanceof IllegalArgumentException ? ExitCode.USAGE : ExitCode.DEPLOYMENT_FAILED;
  }

  private static String reason(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return message.contains("already in use") ? "address already in use" : message;
  }

  private String readyLine(ServerOptions options, Duration took) {
    GrpcServerVerticle first = servers.get(0);
    String host = options.host().equals("0.0.0.0") ? "127.0.0.1" : options.host();
    boolean tls = options.tls().isEnabled();
    return Version.NAME + " " + Version.text() + " ready in " + took.toMillis() + " ms: "
        + (tls ? "https" : "http") + "://" + host + ":" + first.actualPort()
        + " (" + String.join(", ", first.protocolNames()) + "; " + (tls ? "TLS" : "plaintext")
        + "), services "
        + String.join(", ", first.serviceNames())
        + (first.managementPort() == 0
            ? ""
            : ", management http://" + options.management().host() + ":" + first.managementPort());
  }
}
