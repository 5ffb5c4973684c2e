package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The connections of a channel, shared by all its views; opened when a call needs one. Used by any
 * thread.
 */
final class Connections {

  /** More time than a deadline leaves, so that it is the call's timer that names the reason. */
  private static final long AFTER_DEADLINE_MILLIS = 100;

  private final ChannelOptions options;
  private final HttpClient http;
  private volatile boolean closed;

  Connections(Vertx vertx, ChannelOptions options) {
    this.options = options;
    this.http = vertx
        .httpClientBuilder()
        .with(httpOptions(options))
        .with(new PoolOptions()
            .setHttp2MaxSize(options.connections().perTarget())
            .setMaxWaitQueueSize(options.connections().maxWaitingCalls()))
        .build();
  }

  ChannelOptions options() {
    return options;
  }

  /** Asks for a stream on the caller's context. */
  Future<HttpClientRequest> stream(Target target, String path, Deadline deadline) {
    if (closed) {
      return Future.failedFuture(new IllegalStateException("the channel is closed"));
    }
    long wait = options.connections().maxWait().toMillis();
    if (deadline.isFinite()) {
      wait = Math.min(
          wait, TimeUnit.NANOSECONDS.toMillis(deadline.remainingNanos()) + AFTER_DEADLINE_MILLIS);
    }
    Target named = target.named(options.authority(), options.tls().enabled());
    return http.request(new RequestOptions()
        .setMethod(HttpMethod.POST)
        .setServer(named.address())
        .setHost(named.host())
        .setPort(named.port())
        .setURI(path)
        .setConnectTimeout(wait));
  }

  Future<Void> close() {
    closed = true;
    return http.close();
  }

  private static HttpClientOptions httpOptions(ChannelOptions options) {
    ChannelOptions.Transport transport = options.transport();
    HttpClientOptions http = new HttpClientOptions()
        .setProtocolVersion(HttpVersion.HTTP_2)
        .setHttp2ClearTextUpgrade(false)
        .setConnectTimeout(Math.toIntExact(transport.connectTimeout().toMillis()))
        .setSslHandshakeTimeout(transport.connectTimeout().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
        .setHttp2ConnectionWindowSize(transport.connectionWindowBytes())
        .setHttp2KeepAliveTimeout(
            Math.max(1, Math.toIntExact(options.connections().idleTimeout().toSeconds())))
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
