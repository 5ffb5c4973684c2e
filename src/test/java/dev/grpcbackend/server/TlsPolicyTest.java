package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.TlsPeer;
import dev.grpcbackend.transport.Cut;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which TLS a server speaks. */
@Timeout(120)
class TlsPolicyTest {

  private static final SelfSignedCertificate CERTIFICATE =
      SelfSignedCertificate.create("localhost");
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static TestServer server;

  @BeforeAll
  static void start() {
    TlsOptions tls = TlsOptions.of(CERTIFICATE.certificatePath(), CERTIFICATE.privateKeyPath());
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
      strings = {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"})
  void refusesSuitesWithoutAuthenticatedEncryption(String suite) {
    assertThatThrownBy(() -> TlsPeer.connectWith(server.port(), suite))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("handshake_failure");
  }

  @Test
  void takesSuitesWithIt() throws IOException {
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

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void refusesVersionsBefore12(int minor) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(clientHello(minor));
      // RFC 8446, section 6.2: a fatal alert, protocol_version.
      assertThat(socket.getInputStream().readAllBytes()).endsWith(2, 70);
    }
  }

  @Test
  void closesConnectionsWhoseHandshakeComesToNothing() throws IOException {
    long before = failedHandshakes();
    List<Socket> slow = new ArrayList<>();
    byte[] hello = clientHello(3);
    for (int sent : new int[] {0, 1, 9, hello.length - 1}) {
      Socket socket = connect();
      slow.add(socket);
      socket.getOutputStream().write(hello, 0, sent);
    }
    for (Socket socket : slow) {
      // It may be told before that.
      socket.getInputStream().readAllBytes();
      socket.close();
    }
    while (failedHandshakes() - before < slow.size()) {
      Thread.onSpinWait();
    }
  }

  private static long failedHandshakes() {
    return server.verticle().cuts().getOrDefault(Cut.FAILED_HANDSHAKE, 0L);
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(30_000);
    return socket;
  }

  /** Returns a ClientHello (RFC 5246, section 7.4.1.2) that offers one suite, which we speak. */
  private static byte[] clientHello(int minorVersion) {
    ByteBuffer hello = ByteBuffer.allocate(50);
    hello.put(new byte[] {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, (byte) minorVersion});
    hello.put(new byte[32]);
    return hello.put(new byte[] {0, 0, 2, (byte) 0xC0, 0x2F, 1, 0}).array();
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
