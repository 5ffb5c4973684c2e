package dev.grpcbackend.client;

import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.tracing.TracingPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What the connections of a channel have in common. */
final class Connector {

  /** Not 0: then Vert.x, when the client is closed, stops the timer 0, which is somebody else's. */
  private static final int NEVER_MILLIS = Integer.MAX_VALUE;

  private final Vertx vertx;
  private final ChannelOptions options;
  private final HttpClientOptions http;

  /**
   * Prepares to connect.
   *
   * @throws IllegalArgumentException if a file that the options name cannot be read
   */
  Connector(Vertx vertx, ChannelOptions options) {
    this.vertx = vertx;
    this.options = options;
    this.http = httpOptions(options);
  }

  Vertx vertx() {
    return vertx;
  }

  ChannelOptions options() {
    return options;
  }

  /**
   * Returns an HTTP client for one connection. It is the only thing of Vert.x that can give up a
   * connection that is still being made; and as it reads certificates anew, a connection made after
   * they were replaced has the new ones.
   */
  HttpClientAgent agent() {
    return vertx
        .httpClientBuilder()
        .with(http)
        .with(new PoolOptions().setCleanerPeriod(NEVER_MILLIS))
        .build();
  }

  HttpConnectOptions to(Target target, SocketAddress address) {
    Target named = target.named(options.authority(), options.tls().enabled());
    boolean own = named.host().isEmpty();
    return new HttpConnectOptions()
        .setServer(address)
        .setHost(own ? address.host() : named.host())
        .setPort(own || named.port() == 0 ? address.port() : named.port());
  }

  private static HttpClientOptions httpOptions(ChannelOptions options) {
    ChannelOptions.Transport transport = options.transport();
    HttpClientOptions http = new HttpClientOptions()
        // A call is what is traced, not a stream of HTTP, which would put itself in between.
        .setTracingPolicy(TracingPolicy.IGNORE)
        .setProtocolVersion(HttpVersion.HTTP_2)
        .setHttp2ClearTextUpgrade(false)
        .setConnectTimeout(Math.toIntExact(transport.connectTimeout().toMillis()))
        .setSslHandshakeTimeout(transport.connectTimeout().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
        .setHttp2ConnectionWindowSize(transport.connectionWindowBytes())
        .setInitialSettings(new Http2Settings()
            .setPushEnabled(false)
            .setInitialWindowSize(transport.streamWindowBytes())
            .setMaxHeaderListSize(options.limits().maxInboundMetadataBytes()));
    if (options.tls().enabled()) {
      encrypt(http, options.tls());
    }
    return http;
  }

  private static void encrypt(HttpClientOptions http, ChannelOptions.Tls tls) {
    http.setSsl(true).setUseAlpn(true);
    if (tls.insecure()) {
      http.setTrustAll(true).setVerifyHost(false);
    } else if (!tls.trustFile().isEmpty()) {
      http.setTrustOptions(
          new PemTrustOptions().addCertPath(readable("tls.trustFile", tls.trustFile())));
    }
    if (!tls.certFile().isEmpty()) {
      http.setKeyCertOptions(new PemKeyCertOptions()
          .addCertPath(readable("tls.certFile", tls.certFile()))
          .addKeyPath(readable("tls.keyFile", tls.keyFile())));
    }
  }

  private static String readable(String key, String file) {
    if (!Files.isReadable(Path.of(file))) {
      throw new IllegalArgumentException(key + ": " + file + " (expected: a readable PEM file)");
    }
    return file;
  }
}
