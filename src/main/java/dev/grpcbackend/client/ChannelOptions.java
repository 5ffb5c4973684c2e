package dev.grpcbackend.client;

import dev.grpcbackend.options.Expect;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a channel reaches its server and what it accepts from it. {@code conf/client.yaml} shows every
 * key with its default.
 *
 * @param target {@code host:port}, {@code dns:///host:port}, {@code dns:///_service._tcp.domain}, both
 *     also with the address of a name server before the third slash, {@code
 *     static:///host:port,host:port} or {@code unix:path}
 * @param authority what the server is told to be called, and what its certificate must name; empty
 *     for the target's own name
 * @param loadBalancing how calls are spread where the service config does not say: {@code
 *     pick_first}, {@code round_robin}, {@code least_request} or {@code ring_hash}
 * @param serviceConfig deadlines, retries, hedging, limits and balancing, by method
 * @param transport time and flow control of connections
 * @param tls encryption
 * @param connections how many connections there may be, and who waits for them
 * @param keepalive whether to look after servers that fall silent
 * @param limits bounds on what is received
 */
public record ChannelOptions(
    String target,
    String authority,
    String loadBalancing,
    ServiceConfig serviceConfig,
    Transport transport,
    Tls tls,
    Connections connections,
    Keepalive keepalive,
    Limits limits) {

  /** {@code localhost:8080} in plaintext; everything else as the nested defaults say. */
  public static final ChannelOptions DEFAULTS = new ChannelOptions(
      "localhost:8080",
      "",
      "pick_first",
      ServiceConfig.EMPTY,
      Transport.DEFAULTS,
      Tls.DEFAULTS,
      Connections.DEFAULTS,
      Keepalive.DEFAULTS,
      Limits.DEFAULTS);

  public ChannelOptions {
    Target.parse(target);
    BalancingConfig.named(loadBalancing);
  }

  /** Returns the defaults for another server, in any form that {@code target} may have. */
  public static ChannelOptions to(String target) {
    return DEFAULTS.withTarget(target);
  }

  /** Returns a copy for another server. */
  public ChannelOptions withTarget(String target) {
    return with(draft -> draft.target = target);
  }

  /** Returns a copy that calls the server by another name. */
  public ChannelOptions withAuthority(String authority) {
    return with(draft -> draft.authority = authority);
  }

  /** Returns a copy that spreads calls by another policy. */
  public ChannelOptions withLoadBalancing(String loadBalancing) {
    return with(draft -> draft.loadBalancing = loadBalancing);
  }

  public ChannelOptions withServiceConfig(ServiceConfig serviceConfig) {
    return with(draft -> draft.serviceConfig = serviceConfig);
  }

  public ChannelOptions withTransport(Transport transport) {
    return with(draft -> draft.transport = transport);
  }

  public ChannelOptions withTls(Tls tls) {
    return with(draft -> draft.tls = tls);
  }

  public ChannelOptions withConnections(Connections connections) {
    return with(draft -> draft.connections = connections);
  }

  public ChannelOptions withKeepalive(Keepalive keepalive) {
    return with(draft -> draft.keepalive = keepalive);
  }

  public ChannelOptions withLimits(Limits limits) {
    return with(draft -> draft.limits = limits);
  }

  private ChannelOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** These options while one of them is replaced. */
  private static final class Draft {
    private String target;
    private String authority;
    private String loadBalancing;
    private ServiceConfig serviceConfig;
    private Transport transport;
    private Tls tls;
    private Connections connections;
    private Keepalive keepalive;
    private Limits limits;

    Draft(ChannelOptions options) {
      target = options.target;
      authority = options.authority;
      loadBalancing = options.loadBalancing;
      serviceConfig = options.serviceConfig;
      transport = options.transport;
      tls = options.tls;
      connections = options.connections;
      keepalive = options.keepalive;
      limits = options.limits;
    }

    ChannelOptions options() {
      return new ChannelOptions(
          target,
          authority,
          loadBalancing,
          serviceConfig,
          transport,
          tls,
          connections,
          keepalive,
          limits);
    }
  }

  /**
   * Time and flow control of connections.
   *
   * @param connectTimeout how long connecting may take: TCP, TLS and the server's first frame
   * @param streamWindowBytes how much a server may send on one call before it is read
   * @param connectionWindowBytes the same for all calls of a connection together
   * @param userAgent the {@code user-agent} header
   */
  public record Transport(
      Duration connectTimeout, int streamWindowBytes, int connectionWindowBytes, String userAgent) {

    /** 10 s, 1 MiB, 16 MiB, {@code vertx-grpc-backend}. */
    public static final Transport DEFAULTS =
        new Transport(Duration.ofSeconds(10), 1 << 20, 16 << 20, "vertx-grpc-backend");

    /** The window that HTTP/2 starts with; it cannot be made smaller for a connection. */
    private static final int MIN_WINDOW_BYTES = 65_535;

    public Transport {
      Expect.that(
          connectTimeout.compareTo(Duration.ZERO) > 0,
          "transport.connectTimeout",
          connectTimeout,
          "> 0");
      Expect.that(
          streamWindowBytes >= MIN_WINDOW_BYTES,
          "transport.streamWindowBytes",
          streamWindowBytes,
          ">= " + MIN_WINDOW_BYTES);
      Expect.that(
          connectionWindowBytes >= MIN_WINDOW_BYTES,
          "transport.connectionWindowBytes",
          connectionWindowBytes,
          ">= " + MIN_WINDOW_BYTES);
    }
  }

  /**
   * Encryption. All files are PEM; an empty name means none.
   *
   * @param enabled whether to use TLS; off is plaintext HTTP/2 with prior knowledge
   * @param trustFile the certificates to trust; empty for those that the Java platform trusts
   * @param certFile this client's certificate chain
   * @param keyFile the private key of that certificate
   * @param insecure whether to accept any certificate, for tests
   */
  public record Tls(
      boolean enabled, String trustFile, String certFile, String keyFile, boolean insecure) {

    /** Plaintext. */
    public static final Tls DEFAULTS = new Tls(false, "", "", "", false);

    public Tls {
      Expect.that(
          certFile.isEmpty() == keyFile.isEmpty(),
          certFile.isEmpty() ? "tls.certFile" : "tls.keyFile",
          "\"\"",
          "certFile and keyFile together");
    }

    /** Returns TLS that trusts the certificates of a PEM file, or the platform's if it is empty. */
    public static Tls trusting(String trustFile) {
      return new Tls(true, trustFile, "", "", false);
    }
  }

  /**
   * How many connections there may be, and who waits for them. A connection carries as many calls
   * at a time as the server allows, commonly 100; a call above all of them waits for another to end.
   *
   * @param perTarget connections to one server
   * @param maxWaitingCalls calls that may wait; one more fails with RESOURCE_EXHAUSTED
   * @param maxWait how long a call may wait for a connection or for room on one, also one that waits
   *     until its server is ready; then it fails with UNAVAILABLE
   * @param idleTimeout after which time without calls a connection is closed
   */
  public record Connections(
      int perTarget, int maxWaitingCalls, Duration maxWait, Duration idleTimeout) {

    /** 4 connections, 1,000 waiting calls, 20 s, 5 min. */
    public static final Connections DEFAULTS =
        new Connections(4, 1_000, Duration.ofSeconds(20), Duration.ofMinutes(5));

    public Connections {
      Expect.that(perTarget >= 1, "connections.perTarget", perTarget, ">= " + 1);
      Expect.that(maxWaitingCalls >= 0, "connections.maxWaitingCalls", maxWaitingCalls, ">= " + 0);
      Expect.that(maxWait.compareTo(Duration.ZERO) > 0, "connections.maxWait", maxWait, "> 0");
      Expect.that(
          idleTimeout.compareTo(Duration.ZERO) > 0, "connections.idleTimeout", idleTimeout, "> 0");
    }
  }

  /**
   * How to find out that a server is gone that does not say so, or that the way to it is cut.
   *
   * @param time after which a connection with calls is tried with a PING, zero for never. Servers may
   *     close connections that are tried more often than they allow, by default every five minutes
   *     (gRFC A8)
   * @param timeout how long the answer may take; then the calls fail with UNAVAILABLE
   * @param withoutCalls whether to try connections without calls too
   */
  public record Keepalive(Duration time, Duration timeout, boolean withoutCalls) {

    /** Off; 20 s; only with calls. */
    public static final Keepalive DEFAULTS =
        new Keepalive(Duration.ZERO, Duration.ofSeconds(20), false);

    /** gRFC A8: shorter times are not to be accepted. */
    private static final Duration MIN_TIME = Duration.ofSeconds(10);

    public Keepalive {
      Expect.that(
          time.isZero() || time.compareTo(MIN_TIME) >= 0, "keepalive.time", time, "0s or >= 10s");
      Expect.that(timeout.compareTo(Duration.ZERO) > 0, "keepalive.timeout", timeout, "> 0");
    }
  }

  /**
   * Bounds on what is received, and on what is kept.
   *
   * @param maxInboundMessageBytes size of one response message, also after inflation
   * @param maxInboundMetadataBytes size of the headers, and of the trailers, of one response
   * @param maxRetryBytes what one call keeps of its requests to be able to send them again; a call
   *     that has sent more stays with the attempt that it has
   */
  public record Limits(int maxInboundMessageBytes, int maxInboundMetadataBytes, int maxRetryBytes) {

    /** 4 MiB, 64 KiB and 1 MiB. */
    public static final Limits DEFAULTS = new Limits(4 << 20, 64 << 10, 1 << 20);

    public Limits {
      Expect.that(
          maxInboundMessageBytes >= 1,
          "limits.maxInboundMessageBytes",
          maxInboundMessageBytes,
          ">= " + 1);
      Expect.that(
          maxInboundMetadataBytes >= 1,
          "limits.maxInboundMetadataBytes",
          maxInboundMetadataBytes,
          ">= " + 1);
      Expect.that(maxRetryBytes >= 0, "limits.maxRetryBytes", maxRetryBytes, ">= " + 0);
    }
  }
}
