package dev.grpcbackend.server;

import dev.grpcbackend.options.Expect;
import dev.grpcbackend.protocol.CallLimits;
import dev.grpcbackend.transport.HttpLimits;
import java.time.Duration;
import java.util.List;

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
    Tls tls,
    Limits limits,
    Transport transport,
    Drain drain) {

  /** A header block beyond this ends the connection; a smaller limit of ours refuses the call. */
  private static final int MAX_HEADER_BLOCK_BYTES = 64 << 10;

  /** Listens on all addresses, port 8080, clear text. */
  public static final ServerOptions DEFAULTS = new ServerOptions(
      "0.0.0.0",
      8080,
      Services.DEFAULTS,
      Protocols.DEFAULTS,
      Tls.DEFAULTS,
      Limits.DEFAULTS,
      Transport.DEFAULTS,
      Drain.DEFAULTS);

  public ServerOptions {
    Expect.that(!host.isBlank(), "host", host, "an address or a name");
    Expect.that(port >= 0 && port <= 65_535, "port", port, "0 to 65535");
  }

  /** Returns these options with another address. */
  public ServerOptions withHost(String host) {
    return new ServerOptions(host, port, services, protocols, tls, limits, transport, drain);
  }

  /** Returns these options with another port. */
  public ServerOptions withPort(int port) {
    return new ServerOptions(host, port, services, protocols, tls, limits, transport, drain);
  }

  /** Returns these options with other services. */
  public ServerOptions withServices(Services services) {
    return new ServerOptions(host, port, services, protocols, tls, limits, transport, drain);
  }

  /** Returns these options with other protocols. */
  public ServerOptions withProtocols(Protocols protocols) {
    return new ServerOptions(host, port, services, protocols, tls, limits, transport, drain);
  }

  /** Returns these options with TLS as given. */
  public ServerOptions withTls(Tls tls) {
    return new ServerOptions(host, port, services, protocols, tls, limits, transport, drain);
  }

  /** Returns these options with other limits. */
  public ServerOptions withLimits(Limits limits) {
    return new ServerOptions(host, port, services, protocols, tls, limits, transport, drain);
  }

  /** Returns these options with another orderly end. */
  public ServerOptions withDrain(Drain drain) {
    return new ServerOptions(host, port, services, protocols, tls, limits, transport, drain);
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
        transport.rstBudget());
  }

  /**
   * What is served beside what the verticle's builder was given.
   *
   * @param classes names of classes with a public no-argument constructor that are a {@code
   *     BindableService} or a generated Vert.x {@code Service}
   * @param health whether {@code grpc.health.v1.Health} is served
   * @param reflection whether {@code grpc.reflection.v1} and {@code v1alpha} are served
   * @param examples whether the tutorial's {@code Service} and {@code helloworld.Greeter} are served
   */
  public record Services(
      List<String> classes, boolean health, boolean reflection, boolean examples) {

    /** Everything that is built in, nothing else. */
    public static final Services DEFAULTS = new Services(List.of(), true, true, true);

    public Services {
      classes = List.copyOf(classes);
    }
  }

  /**
   * TLS 1.3 and 1.2 with ALPN. A file is PEM, or PKCS#12 if its name ends with {@code .p12} or {@code
   * .pfx}; all are read anew when they change.
   *
   * @param certFile the certificate chain, with PKCS#12 the key too; empty for clear text
   * @param keyFile the private key, PEM (PKCS#8); empty with PKCS#12
   * @param password what opens {@code certFile}, if it is PKCS#12
   * @param clientAuth whether clients must, or may, show a certificate
   * @param trustFile the authorities that client certificates come from
   * @param trustPassword what opens {@code trustFile}, if it is PKCS#12
   * @param reloadInterval how often the files are looked at; zero for never
   */
  public record Tls(
      String certFile,
      String keyFile,
      String password,
      ClientAuth clientAuth,
      String trustFile,
      String trustPassword,
      Duration reloadInterval) {

    /** Whether clients show a certificate. */
    public enum ClientAuth {
      NONE,
      REQUEST,
      REQUIRE
    }

    /** Clear text. */
    public static final Tls DEFAULTS =
        new Tls("", "", "", ClientAuth.NONE, "", "", Duration.ofSeconds(2));

    public Tls {
      boolean oneFile = isPkcs12(certFile);
      Expect.that(
          oneFile ? keyFile.isEmpty() : certFile.isEmpty() == keyFile.isEmpty(),
          certFile.isEmpty() ? "tls.certFile" : "tls.keyFile",
          keyFile.isEmpty() || certFile.isEmpty() ? "\"\"" : keyFile,
          oneFile ? "none, as tls.certFile has the key" : "certFile and keyFile together");
      Expect.that(
          clientAuth == ClientAuth.NONE || !certFile.isEmpty(),
          "tls.clientAuth",
          clientAuth,
          "none without tls.certFile");
      Expect.that(
          clientAuth != ClientAuth.REQUIRE || !trustFile.isEmpty(),
          "tls.trustFile",
          "\"\"",
          "a file, as tls.clientAuth is require");
      Expect.that(!reloadInterval.isNegative(), "tls.reloadInterval", reloadInterval, ">= 0");
    }

    /** Returns TLS with a certificate chain and its private key, both PEM. */
    public static Tls of(String certFile, String keyFile) {
      return new Tls(certFile, keyFile, "", ClientAuth.NONE, "", "", DEFAULTS.reloadInterval());
    }

    /** Returns TLS that asks clients for a certificate of an authority in a PEM file. */
    public Tls withClientAuth(ClientAuth clientAuth, String trustFile) {
      return new Tls(
          certFile, keyFile, password, clientAuth, trustFile, trustPassword, reloadInterval);
    }

    /** Leaves out the passwords. */
    @Override
    public String toString() {
      return "Tls[certFile=" + certFile + ", keyFile=" + keyFile + ", clientAuth=" + clientAuth
          + ", trustFile=" + trustFile + ", reloadInterval=" + reloadInterval + "]";
    }

    /** Whether a file is PKCS#12, by its name. */
    static boolean isPkcs12(String file) {
      return file.endsWith(".p12") || file.endsWith(".pfx");
    }

    public boolean isEnabled() {
      return !certFile.isEmpty();
    }
  }

  /**
   * What callers may do.
   *
   * @param maxInboundMessageBytes one request message, also after inflation
   * @param maxMetadataBytes the headers of one request, each counted with 32 bytes more
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
   * @param rstBudget streams that may be reset on a connection within 30 seconds before it is closed
   * @param compressionMinBytes responses from this size on are compressed if the caller accepts
   *     gzip; 0 for never
   */
  public record Transport(
      int streamWindowBytes, int connectionWindowBytes, int rstBudget, int compressionMinBytes) {

    /** 1 MiB, 16 MiB, 2,000, 1 KiB. */
    public static final Transport DEFAULTS = new Transport(1 << 20, 16 << 20, 2_000, 1 << 10);

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
