package dev.grpcbackend.server;

import dev.grpcbackend.observe.CallLogOptions;
import dev.grpcbackend.observe.TracingOptions;
import dev.grpcbackend.options.Expect;
import dev.grpcbackend.policy.AdmissionOptions;
import dev.grpcbackend.policy.PolicyFile;
import dev.grpcbackend.protocol.CallLimits;
import dev.grpcbackend.transport.HttpLimits;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * How a server listens, what it serves and what it lets callers do. {@code conf/server.yaml} shows
 * every key with its default.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 for a free one
 */
public record ServerOptions(
    String host,
    int port,
    Services services,
    Protocols protocols,
    TlsOptions tls,
    Limits limits,
    Transport transport,
    ConnectionRules connections,
    Keepalive keepalive,
    AdmissionOptions admission,
    Watchdog watchdog,
    ManagementOptions management,
    CallLogOptions callLog,
    TracingOptions tracing,
    PolicyFile policy,
    Drain drain) {

  /** A header block beyond this ends the connection; a smaller limit of ours refuses the call. */
  private static final int MAX_HEADER_BLOCK_BYTES = 64 << 10;

  /** Listens on all addresses, port 8080, clear text. */
  public static final ServerOptions DEFAULTS = new ServerOptions(
      "0.0.0.0",
      8080,
      Services.DEFAULTS,
      Protocols.DEFAULTS,
      TlsOptions.DEFAULTS,
      Limits.DEFAULTS,
      Transport.DEFAULTS,
      ConnectionRules.DEFAULTS,
      Keepalive.DEFAULTS,
      AdmissionOptions.DEFAULTS,
      Watchdog.DEFAULTS,
      ManagementOptions.DEFAULTS,
      CallLogOptions.DEFAULTS,
      TracingOptions.DEFAULTS,
      PolicyFile.DEFAULTS,
      Drain.DEFAULTS);

  public ServerOptions {
    Expect.that(!host.isBlank(), "host", host, "an address or a name");
    Expect.that(port >= 0 && port <= 65_535, "port", port, "0 to 65535");
  }

  /** Returns these options with another address. */
  public ServerOptions withHost(String host) {
    return with(draft -> draft.host = host);
  }

  /** Returns these options with another port. */
  public ServerOptions withPort(int port) {
    return with(draft -> draft.port = port);
  }

  /** Returns these options with other services. */
  public ServerOptions withServices(Services services) {
    return with(draft -> draft.services = services);
  }

  /** Returns these options with other protocols. */
  public ServerOptions withProtocols(Protocols protocols) {
    return with(draft -> draft.protocols = protocols);
  }

  /** Returns these options with TLS as given. */
  public ServerOptions withTls(TlsOptions tls) {
    return with(draft -> draft.tls = tls);
  }

  /** Returns these options with other limits. */
  public ServerOptions withLimits(Limits limits) {
    return with(draft -> draft.limits = limits);
  }

  /** Returns these options with another flow of bytes. */
  public ServerOptions withTransport(Transport transport) {
    return with(draft -> draft.transport = transport);
  }

  /** Returns these options with other rules for connections. */
  public ServerOptions withConnections(ConnectionRules connections) {
    return with(draft -> draft.connections = connections);
  }

  /** Returns these options with other pings. */
  public ServerOptions withKeepalive(Keepalive keepalive) {
    return with(draft -> draft.keepalive = keepalive);
  }

  /** Returns these options with other rules for calls that have to wait. */
  public ServerOptions withAdmission(AdmissionOptions admission) {
    return with(draft -> draft.admission = admission);
  }

  /** Returns these options with another watch over handlers. */
  public ServerOptions withWatchdog(Watchdog watchdog) {
    return with(draft -> draft.watchdog = watchdog);
  }

  /** Returns these options with other answers for those who operate the server. */
  public ServerOptions withManagement(ManagementOptions management) {
    return with(draft -> draft.management = management);
  }

  /** Returns these options with another call log. */
  public ServerOptions withCallLog(CallLogOptions callLog) {
    return with(draft -> draft.callLog = callLog);
  }

  /** Returns these options with other spans. */
  public ServerOptions withTracing(TracingOptions tracing) {
    return with(draft -> draft.tracing = tracing);
  }

  /** Returns these options with other rules for callers. */
  public ServerOptions withPolicy(PolicyFile policy) {
    return with(draft -> draft.policy = policy);
  }

  /** Returns these options with another orderly end. */
  public ServerOptions withDrain(Drain drain) {
    return with(draft -> draft.drain = drain);
  }

  private ServerOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** These options while one of them is replaced. */
  private static final class Draft {
    private String host;
    private int port;
    private Services services;
    private Protocols protocols;
    private TlsOptions tls;
    private Limits limits;
    private Transport transport;
    private ConnectionRules connections;
    private Keepalive keepalive;
    private AdmissionOptions admission;
    private Watchdog watchdog;
    private ManagementOptions management;
    private CallLogOptions callLog;
    private TracingOptions tracing;
    private PolicyFile policy;
    private Drain drain;

    Draft(ServerOptions options) {
      host = options.host;
      port = options.port;
      services = options.services;
      protocols = options.protocols;
      tls = options.tls;
      limits = options.limits;
      transport = options.transport;
      connections = options.connections;
      keepalive = options.keepalive;
      admission = options.admission;
      watchdog = options.watchdog;
      management = options.management;
      callLog = options.callLog;
      tracing = options.tracing;
      policy = options.policy;
      drain = options.drain;
    }

    ServerOptions options() {
      return new ServerOptions(
          host,
          port,
          services,
          protocols,
          tls,
          limits,
          transport,
          connections,
          keepalive,
          admission,
          watchdog,
          management,
          callLog,
          tracing,
          policy,
          drain);
    }
  }

  /** Returns what of these options concerns single calls. */
  CallLimits callLimits() {
    return new CallLimits(
        limits.maxInboundMessageBytes(),
        limits.maxMetadataBytes(),
        limits.defaultDeadline(),
        limits.maxDeadline(),
        transport.compressionMinBytes() == 0 ? Integer.MAX_VALUE : transport.compressionMinBytes());
  }

  /** Returns what of these options concerns single connections. */
  HttpLimits httpLimits() {
    return new HttpLimits(
        transport.streamWindowBytes(),
        transport.connectionWindowBytes(),
        limits.maxConcurrentStreams(),
        MAX_HEADER_BLOCK_BYTES,
        transport.rstBudget(),
        new HttpLimits.Pings(keepalive.permitTime().toNanos(), keepalive.permitWithoutCalls()),
        new HttpLimits.Patience(
            transport.minBodyBytesPerSecond(), transport.writeStallTimeout().toNanos()));
  }

  /**
   * What is served beside what the verticle's builder was given.
   *
   * @param classes names of classes with a public no-argument constructor that are a {@code
   *     BindableService} or a generated Vert.x {@code Service}
   * @param health whether {@code grpc.health.v1.Health} is served
   * @param reflection whether {@code grpc.reflection.v1} and {@code v1alpha} are served
   * @param channelz whether {@code grpc.channelz.v1.Channelz} is served, which tells every caller the
   *     addresses of all
   * @param examples whether the tutorial's {@code Service} and {@code helloworld.Greeter} are served
   */
  public record Services(
      List<String> classes,
      boolean health,
      boolean reflection,
      boolean channelz,
      boolean examples) {

    /** Everything that is built in but channelz, nothing else. */
    public static final Services DEFAULTS = new Services(List.of(), true, true, false, true);

    public Services {
      classes = List.copyOf(classes);
    }
  }

  /**
   * What callers may do.
   *
   * @param maxInboundMessageBytes one request message, also after inflation
   * @param maxMetadataBytes the headers of a request but authorization, each with 32 bytes more
   * @param maxConcurrentStreams calls at a time on one connection
   * @param defaultDeadline deadline of calls whose caller sets none
   * @param maxDeadline cap on the deadline that a caller sets
   */
  public record Limits(
      int maxInboundMessageBytes,
      int maxMetadataBytes,
      int maxConcurrentStreams,
      Duration defaultDeadline,
      Duration maxDeadline) {

    /** 4 MiB, 8 KiB, 100 streams, 30 s, 1 h. */
    public static final Limits DEFAULTS =
        new Limits(4 << 20, 8 << 10, 100, Duration.ofSeconds(30), Duration.ofHours(1));

    public Limits {
      Expect.that(
          maxInboundMessageBytes > 0,
          "limits.maxInboundMessageBytes",
          maxInboundMessageBytes,
          "> 0");
      Expect.that(
          maxMetadataBytes > 0 && maxMetadataBytes <= MAX_HEADER_BLOCK_BYTES,
          "limits.maxMetadataBytes",
          maxMetadataBytes,
          "1 to " + MAX_HEADER_BLOCK_BYTES);
      Expect.that(
          maxConcurrentStreams > 0, "limits.maxConcurrentStreams", maxConcurrentStreams, "> 0");
      Expect.that(
          defaultDeadline.compareTo(Duration.ZERO) > 0,
          "limits.defaultDeadline",
          defaultDeadline,
          "> 0");
      Expect.that(
          maxDeadline.compareTo(Duration.ZERO) > 0, "limits.maxDeadline", maxDeadline, "> 0");
    }
  }

  /**
   * How bytes flow.
   *
   * @param streamWindowBytes what a caller may send on a stream before it is read
   * @param connectionWindowBytes the same for all streams of a connection
   * @param rstBudget streams that may be reset on a connection within 30 seconds before it is closed;
   *     where those are two thirds of the streams, an eighth of it within a second, and the whole of it on
   *     all connections of one address together
   * @param compressionMinBytes responses from this size on are compressed if the caller accepts
   *     gzip; 0 for never
   * @param minBodyBytesPerSecond the rate, after five seconds, of a request that the handler needs
   *     as a whole; requests of client and bidirectional streams may be as quiet as they like, and
   *     a request may wait while others of its connection come at the rate of all; 0 for any rate
   * @param writeStallTimeout for how long a response waits for a caller that reads nothing of it
   *     before the call is cancelled; 0 for ever
   */
  public record Transport(
      int streamWindowBytes,
      int connectionWindowBytes,
      int rstBudget,
      int compressionMinBytes,
      int minBodyBytesPerSecond,
      Duration writeStallTimeout) {

    /** 1 MiB, 16 MiB, 2,000, 1 KiB, 240 bytes (Kestrel's figure), 30 s. */
    public static final Transport DEFAULTS =
        new Transport(1 << 20, 16 << 20, 2_000, 1 << 10, 240, Duration.ofSeconds(30));

    private static final int MIN_WINDOW_BYTES = 65_535;

    public Transport {
      Expect.that(
          streamWindowBytes >= MIN_WINDOW_BYTES,
          "transport.streamWindowBytes",
          streamWindowBytes,
          ">= " + MIN_WINDOW_BYTES);
      Expect.that(
          connectionWindowBytes >= streamWindowBytes,
          "transport.connectionWindowBytes",
          connectionWindowBytes,
          ">= transport.streamWindowBytes");
      Expect.that(rstBudget > 0, "transport.rstBudget", rstBudget, "> 0");
      Expect.that(
          compressionMinBytes >= 0, "transport.compressionMinBytes", compressionMinBytes, ">= 0");
      Expect.that(
          minBodyBytesPerSecond >= 0,
          "transport.minBodyBytesPerSecond",
          minBodyBytesPerSecond,
          ">= 0");
      Expect.that(
          !writeStallTimeout.isNegative(),
          "transport.writeStallTimeout",
          writeStallTimeout,
          ">= 0");
    }
  }

  /**
   * What is done about handlers that block the event loop.
   *
   * @param enabled whether they are looked for
   * @param warnAfter time without a sign of life after which the handler that runs is named in the
   *     log; noticed up to 0.4 s later
   * @param unreadyAfter time after which the server's health turns NOT_SERVING, until the loop runs
   */
  public record Watchdog(boolean enabled, Duration warnAfter, Duration unreadyAfter) {

    /** On: 500 ms, 5 s. */
    public static final Watchdog DEFAULTS =
        new Watchdog(true, Duration.ofMillis(500), Duration.ofSeconds(5));

    public Watchdog {
      Expect.that(!warnAfter.isNegative(), "watchdog.warnAfter", warnAfter, ">= 0");
      Expect.that(
          unreadyAfter.compareTo(warnAfter) >= 0,
          "watchdog.unreadyAfter",
          unreadyAfter,
          ">= watchdog.warnAfter");
    }
  }

  /**
   * The orderly end.
   *
   * @param delay time between turning unhealthy and telling the callers to go elsewhere
   * @param timeout time for the calls in progress before they are ended
   */
  public record Drain(Duration delay, Duration timeout) {

    /** At once, then up to 30 s. */
    public static final Drain DEFAULTS = new Drain(Duration.ZERO, Duration.ofSeconds(30));

    public Drain {
      Expect.that(!delay.isNegative(), "drain.delay", delay, ">= 0");
      Expect.that(!timeout.isNegative(), "drain.timeout", timeout, ">= 0");
    }
  }
}
