package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.transport.Cut;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.net.SelfSignedCertificate;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many connections there may be. */
@Timeout(120)
class ConnectionGateTest {

  private static final ByteString GET =
      ByteString.copyFromUtf8("GET / HTTP/1.1\r\nhost: a\r\n\r\n");

  @Test
  void refusesMoreThanThereMayBeAndLetsTheNextInWhenOneHasGone() {
    try (LifeServer server = new LifeServer(TestServer.OPTIONS.withConnections(atMost(2, 0)));
        RawHttp1Peer kept = RawHttp1Peer.connect(server.port())) {
      try (RawHttp1Peer leaving = RawHttp1Peer.connect(server.port())) {
        server.awaitConnections(2);
        assertRefused(server.port());
        assertThat(server.cuts()).isEqualTo(Map.of(Cut.TOO_MANY_CONNECTIONS, 1L));
      }
      server.awaitConnections(1);
      server.connect().ping().close();
      assertThat(kept.bytes(GET).response().status()).isEqualTo(404);
    }
  }

  @Test
  void refusesMoreFromOneAddressThanThereMayBe() {
    try (LifeServer server = new LifeServer(TestServer.OPTIONS.withConnections(atMost(0, 1)));
        RawHttp1Peer kept = RawHttp1Peer.connect(server.port())) {
      server.awaitConnections(1);
      assertRefused(server.port());
      assertThat(server.cuts()).isEqualTo(Map.of(Cut.TOO_MANY_FROM_ADDRESS, 1L));
      assertThat(kept.bytes(GET).response().status()).isEqualTo(404);
    }
  }

  @Test
  void refusesBeforeTls() {
    SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
    ServerOptions options = TestServer.OPTIONS
        .withConnections(atMost(1, 0))
        .withTls(TlsOptions.of(certificate.certificatePath(), certificate.privateKeyPath()));
    try (LifeServer server = new LifeServer(options);
        RawHttp1Peer silent = RawHttp1Peer.connect(server.port())) {
      // Neither of them has begun a handshake.
      assertRefused(server.port());
      assertThat(server.cuts()).isEqualTo(Map.of(Cut.TOO_MANY_CONNECTIONS, 1L));
      silent.close();
    } finally {
      certificate.delete();
    }
  }

  @Test
  void countsTheConnectionsOfAllInstancesOfAServer() {
    Vertx vertx = Vertx.vertx();
    try {
      List<GrpcServerVerticle> instances = new ArrayList<>();
      GrpcServerVerticle.Builder builder =
          GrpcServerVerticle.builder().options(TestServer.OPTIONS.withConnections(atMost(3, 0)));
      await(vertx.deployVerticle(
          () -> {
            GrpcServerVerticle instance = builder.build();
            instances.add(instance);
            return instance;
          },
          new DeploymentOptions().setInstances(2)));
      int port = instances.get(0).actualPort();
      try (RawHttp2Peer first = RawHttp2Peer.connect(port);
          RawHttp2Peer second = RawHttp2Peer.connect(port);
          RawHttp2Peer third = RawHttp2Peer.connect(port)) {
        first.ping();
        second.ping();
        third.ping();
        assertRefused(port);
      }
      assertThat(instances.get(1).cuts()).isEqualTo(Map.of(Cut.TOO_MANY_CONNECTIONS, 1L));
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void countsAnIpv6NetworkAsOneAddress() throws Exception {
    ConnectionGate gate = new ConnectionGate(atMost(0, 1), new CutLog());
    InetAddress one = InetAddress.getByName("2001:db8:1:2::1");
    InetAddress neighbour = InetAddress.getByName("2001:db8:1:2:ffff::2");
    InetAddress stranger = InetAddress.getByName("2001:db8:1:3::1");
    assertThat(gate.admit(one)).isTrue();
    assertThat(gate.admit(neighbour)).isFalse();
    assertThat(gate.admit(stranger)).isTrue();
    gate.left(one, true);
    assertThat(gate.admit(neighbour)).isTrue();
  }

  private static void assertRefused(int port) {
    try (RawHttp1Peer refused = RawHttp1Peer.connect(port)) {
      refused.awaitEnd();
    }
  }

  private static ConnectionRules atMost(int max, int maxPerAddress) {
    return new ConnectionRules(
        max,
        maxPerAddress,
        Duration.ofSeconds(10),
        Duration.ofMinutes(5),
        Duration.ZERO,
        Duration.ZERO);
  }
}
