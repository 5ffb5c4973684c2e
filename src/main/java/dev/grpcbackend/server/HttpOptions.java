package dev.grpcbackend.server;

import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The options of the HTTP server below, made from ours. */
final class HttpOptions {

  /** TLS 1.3, then the AEAD suites with forward secrecy of TLS 1.2 (RFC 9113, section 9.2.2). */
  private static final List<String> CIPHER_SUITES = List.of(
      "TLS_AES_128_GCM_SHA256",
      "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** A header block beyond this ends the connection; a smaller limit of ours refuses the call. */
  private static final int MAX_HEADER_BLOCK_BYTES = 64 * 1024;

  private static final int RST_WINDOW_SECONDS = 30;

  private HttpOptions() {}

  static HttpServerOptions of(ServerOptions options) {
    HttpServerOptions http = new HttpServerOptions()
        .setHost(options.host())
        // For Vert.x, -1 is a free port that the instances of one deployment share.
        .setPort(options.port() == 0 ? -1 : options.port())
        // It would cut calls that are open but quiet.
        .setIdleTimeout(0)
        // HTTP/1.1 as HTTP/2: what is beyond our own limits is refused with a status.
        .setMaxHeaderSize(MAX_HEADER_BLOCK_BYTES)
        .setMaxInitialLineLength(MAX_HEADER_BLOCK_BYTES)
        .setHandle100ContinueAutomatically(true)
        .setCompressionSupported(false)
        .setDecompressionSupported(false)
        .setInitialSettings(new Http2Settings()
            .setMaxConcurrentStreams(options.limits().maxConcurrentStreams())
            .setInitialWindowSize(options.transport().streamWindowBytes())
            .setMaxHeaderListSize(MAX_HEADER_BLOCK_BYTES))
        .setHttp2ConnectionWindowSize(options.transport().connectionWindowBytes())
        .setHttp2RstFloodMaxRstFramePerWindow(options.transport().rstBudget())
        .setHttp2RstFloodWindowDuration(RST_WINDOW_SECONDS)
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
    if (options.tls().isEnabled()) {
      secure(http, options.tls());
    }
    return http;
  }

  private static void secure(HttpServerOptions http, ServerOptions.Tls tls) {
    http.setSsl(true)
        .setUseAlpn(true)
        .setKeyCertOptions(
            new PemKeyCertOptions().setCertPath(tls.certFile()).setKeyPath(tls.keyFile()))
        .setClientAuth(
            switch (tls.clientAuth()) {
              case NONE -> ClientAuth.NONE;
              case REQUEST -> ClientAuth.REQUEST;
              case REQUIRE -> ClientAuth.REQUIRED;
            });
    http.getSslOptions().setEnabledSecureTransportProtocols(java.util.Set.of("TLSv1.3", "TLSv1.2"));
    CIPHER_SUITES.forEach(http.getSslOptions()::addEnabledCipherSuite);
    if (!tls.trustFile().isEmpty()) {
      http.setTrustOptions(new PemTrustOptions().addCertPath(tls.trustFile()));
    }
  }
}
