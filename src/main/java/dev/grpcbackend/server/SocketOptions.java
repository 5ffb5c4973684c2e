package dev.grpcbackend.server;

import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.NetServerOptions;
import java.util.List;
import java.util.Set;

/** The options of the sockets below, made from ours. */
final class SocketOptions {

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

  private static final List<String> PROTOCOLS = List.of("h2", "http/1.1");

  private SocketOptions() {}

  static NetServerOptions of(ServerOptions options) {
    NetServerOptions sockets = new NetServerOptions()
        .setHost(options.host())
        // For Vert.x, -1 is a free port that the instances of one deployment share.
        .setPort(options.port() == 0 ? -1 : options.port())
        // It would cut calls that are open but quiet.
        .setIdleTimeout(0);
    if (options.tls().isEnabled()) {
      secure(sockets, options.tls());
    }
    return sockets;
  }

  /** All of TLS but the files, which change while a server runs. */
  private static void secure(NetServerOptions sockets, ServerOptions.Tls tls) {
    // The engine of the JDK asks but once: TLS 1.2 lets a client demand handshake after handshake.
    System.getProperties().putIfAbsent("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    sockets.setSsl(true).setUseAlpn(true);
    sockets
        .getSslOptions()
        .setClientAuth(
            switch (tls.clientAuth()) {
              case NONE -> ClientAuth.NONE;
              case REQUEST -> ClientAuth.REQUEST;
              case REQUIRE -> ClientAuth.REQUIRED;
            })
        .setEnabledSecureTransportProtocols(Set.of("TLSv1.3", "TLSv1.2"))
        .setApplicationLayerProtocols(PROTOCOLS);
    CIPHER_SUITES.forEach(sockets.getSslOptions()::addEnabledCipherSuite);
  }
}
