package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.server.ServerOptions.Tls;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.TlsPeer;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which TLS a server speaks. */
@Timeout(60)
class TlsPolicyTest {

  private static final SelfSignedCertificate CERTIFICATE =
      SelfSignedCertificate.create("localhost");
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static TestServer server;

  @BeforeAll
  static void start() {
    Tls tls = Tls.of(CERTIFICATE.certificatePath(), CERTIFICATE.privateKeyPath());
    server = TestServer.start(TestServer.OPTIONS.withTls(tls), builder -> {});
  }

  @AfterAll
  static void stop() {
    server.close();
    CERTIFICATE.delete();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void speaksHttp2ByAlpn(String version) throws IOException {
    try (TlsPeer peer = TlsPeer.connect(server.port(), version, "h2", "http/1.1")) {
      assertThat(peer.protocol()).isEqualTo("h2");
      assertThat(peer.socket().getSession().getProtocol()).isEqualTo(version);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_AES_128_GCM_SHA256"
      })
  void refusesSuitesWithoutAuthenticatedEncryptionOrForwardSecrecy(String suite) {
    assertThatThrownBy(() -> TlsPeer.connectWith(server.port(), suite))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("handshake_failure");
  }

  @Test
  void takesSuitesWithBoth() throws IOException {
    String suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    try (TlsPeer peer = TlsPeer.connectWith(server.port(), suite)) {
      assertThat(peer.socket().getSession().getCipherSuite()).isEqualTo(suite);
    }
  }

  @Test
  void refusesHttp2WithoutAlpn() throws IOException {
    try (TlsPeer peer = TlsPeer.connect(server.port(), "TLSv1.3")) {
      assertThat(peer.protocol()).isEmpty();
      OutputStream out = peer.socket().getOutputStream();
      out.write(PREFACE.getBytes(StandardCharsets.US_ASCII));
      out.flush();

      // RFC 9113, section 3.2: HTTP/2 over TLS needs ALPN; this is an HTTP/1.1 request it cannot
      // be.
      assertThat(
              new String(peer.socket().getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 ")
          .doesNotStartWith("HTTP/1.1 2");
    }
  }

  @Test
  void refusesProtocolsThatItDoesNotSpeak() {
    // RFC 7301, section 3.2.
    assertThatThrownBy(() -> TlsPeer.connect(server.port(), "TLSv1.3", "spdy/3").close())
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("no_application_protocol");
  }

  @Test
  void refusesToShakeHandsAgain() throws IOException {
    try (TlsPeer peer = TlsPeer.connect(server.port(), "TLSv1.2", "http/1.1")) {
      peer.socket().startHandshake();
      assertThatThrownBy(() -> {
            OutputStream out = peer.socket().getOutputStream();
            out.write(
                "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            peer.socket().getInputStream().readAllBytes();
          })
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("handshake_failure");
    }
  }
}
