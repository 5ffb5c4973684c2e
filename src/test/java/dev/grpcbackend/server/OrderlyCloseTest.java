package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.TlsPeer;
import io.vertx.core.Future;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reaches a client whose connection is closed while it reads, and sends on. */
@Timeout(120)
class OrderlyCloseTest {

  private static final SelfSignedCertificate CERTIFICATE =
      SelfSignedCertificate.create("localhost");
  private static final ServerOptions PATIENT =
      TestServer.OPTIONS.withDrain(new ServerOptions.Drain(Duration.ZERO, Duration.ofSeconds(20)));
  private static final int LARGEST = Integer.MAX_VALUE;
  private static final ByteString LARGEST_WINDOW =
      RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, LARGEST);

  @AfterAll
  static void delete() {
    CERTIFICATE.delete();
  }

  @Test
  void deliversTheLastResponseOfADrain() throws IOException {
    try (LifeServer server = new LifeServer(PATIENT);
        Socket socket = connect(server.port())) {
      assertDelivered(server, RawHttp2Peer.on(socket, LARGEST_WINDOW));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void deliversTheLastResponseOfADrainByTls(String version) throws IOException {
    ServerOptions options =
        PATIENT.withTls(TlsOptions.of(CERTIFICATE.certificatePath(), CERTIFICATE.privateKeyPath()));
    try (LifeServer server = new LifeServer(options);
        TlsPeer tls = TlsPeer.connect(connect(server.port()), version, "h2")) {
      assertDelivered(server, RawHttp2Peer.on(tls.socket(), LARGEST_WINDOW));
    }
  }

  /** Most of a response is still under way to it when the server has written all of it. */
  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(16 << 10);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  /** Each frame that it reads it answers by a window, which the server has no use for any more. */
  private static void assertDelivered(LifeServer server, RawHttp2Peer peer) {
    peer.send(Frame.WINDOW_UPDATE, 0, 0, RawHttp2Peer.integer(LARGEST - 65_535));
    RawStream call =
        peer.request(LifeServer.UNARY, GrpcFrames.message(HelloRequest.getDefaultInstance()));
    LifeServer.Started started = server.next();
    Future<DrainReport> drained = server.verticle().drain();
    peer.goAway(frame -> frame.integer(0) == call.id());
    HelloReply large = HelloReply.newBuilder().setMessage("A".repeat(3 << 20)).build();
    started.reply().complete(large);
    assertThat(call.response().messages()).containsExactly(GrpcFrames.message(large));
    assertThat(call.response().grpcStatus()).hasValue(0);
    peer.awaitEnd();
    assertThat(await(drained)).isEqualTo(new DrainReport(1, 0));
  }
}
