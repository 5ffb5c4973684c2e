package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.transport.Cut;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How connections end that the server does not want to keep, and that others do not. */
@Timeout(120)
class ConnectionLifeTest {

  private static final ByteString HELLO =
      GrpcFrames.message(HelloRequest.newBuilder().setName("Ada").build());
  private static final HelloReply REPLY =
      HelloReply.newBuilder().setMessage("done").build();

  private static final ServerOptions WITHOUT_PINGS = TestServer.OPTIONS.withKeepalive(
      new Keepalive(Duration.ZERO, Duration.ofSeconds(10), Duration.ZERO, true));

  private LifeServer server = new LifeServer();

  @AfterEach
  void close() {
    server.close();
  }

  private void restart(ServerOptions options) {
    server.close();
    server = new LifeServer(options);
  }

  // What is owed first.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "PRI * HTTP/2.0\r\n\r\nS",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /life.Test/Hello HTTP/1.1\r\nhost: a\r\ncontent-"
      })
  void cutsAClientThatDoesNotComeToThePoint(String beginning) {
    try (RawHttp1Peer peer = RawHttp1Peer.connect(server.port())) {
      peer.bytes(ByteString.copyFrom(beginning, StandardCharsets.US_ASCII));
      server.awaitConnections(1);
      server.passSeconds(9);
      server.awaitConnections(1);
      server.passSeconds(1);
      if (beginning.endsWith("SM\r\n\r\n")) {
        server.awaitConnections(0);
      } else {
        peer.awaitEnd();
      }
      assertThat(server.cuts()).containsOnlyKeys(Cut.SLOW_HEAD);
    }
  }

  @Test
  void cutsASecondHeadThatDoesNotEnd() {
    try (RawHttp1Peer peer = RawHttp1Peer.connect(server.port())) {
      peer.bytes(get());
      peer.response();
      server.passSeconds(60);
      peer.bytes(ByteString.copyFromUtf8("GET / HT"));
      // The server has to have read it: until then it is an idle connection, which may stay.
      while (server.cuts().isEmpty()) {
        server.passSeconds(10);
      }
      peer.awaitEnd();
      assertThat(server.cuts()).containsOnlyKeys(Cut.SLOW_HEAD);
    }
  }

  @Test
  void cutsAHeaderBlockThatDoesNotEnd() {
    try (RawHttp2Peer peer = server.connect()) {
      RawStream call = peer.request(LifeServer.HELLO, HELLO);
      assertThat(call.response().grpcStatus()).hasValue(0);
      peer.ping();
      peer.send(Frame.HEADERS, 0, 3, ByteString.EMPTY);
      while (server.cuts().isEmpty()) {
        server.passSeconds(5);
      }
      peer.awaitEnd();
      assertThat(server.cuts()).containsOnlyKeys(Cut.SLOW_HEAD);
    }
  }

  @Test
  void keepsAConnectionThatHasNotCalledYet() {
    try (RawHttp2Peer peer = server.connect()) {
      server.passSeconds(60);
      assertThat(peer.request(LifeServer.HELLO, HELLO).response().grpcStatus()).hasValue(0);
    }
  }

  // Idle.

  @Test
  void endsAConnectionThatIsIdle() {
    try (RawHttp2Peer peer = server.connect()) {
      peer.request(LifeServer.HELLO, HELLO).response();
      server.passSeconds(299);
      peer.ping();
      assertThat(peer.goAways()).isEmpty();
      server.passSeconds(300);
      Frame news = peer.goAway(frame -> true);
      assertThat(news.integer(4)).isZero();
      assertThat(news.payload().substring(8).toStringUtf8()).isEqualTo("max_idle");
      peer.awaitEnd();
    }
  }

  @Test
  void endsAnIdleConnectionOfHttp1() {
    try (RawHttp1Peer peer = RawHttp1Peer.connect(server.port())) {
      peer.bytes(get());
      peer.response();
      server.passSeconds(300);
      peer.awaitEnd();
    }
  }

  @Test
  void closesAnIdleConnectionWhoseClientDoesNotAnswer() {
    try (RawHttp2Peer peer = server.connect()) {
      server.awaitConnections(1);
      server.passSeconds(300);
      server.passSeconds(10);
      server.awaitConnections(0);
      peer.awaitEnd();
    }
  }

  @Test
  void servesACallThatCrossesTheNews() {
    try (RawHttp2Peer peer = server.connect()) {
      server.passSeconds(300);
      RawStream call = peer.request(LifeServer.HELLO, HELLO);
      assertThat(call.response().grpcStatus()).hasValue(0);
      peer.goAway(frame -> frame.integer(0) == call.id());
      peer.awaitEnd();
    }
  }

  @Test
  void keepsAConnectionWithACallHoweverQuiet() {
    restart(WITHOUT_PINGS);
    try (RawHttp2Peer peer = server.connect()) {
      RawStream stream = peer.open(LifeServer.BIDI);
      LifeServer.Started call = server.next();
      server.pass(Duration.ofHours(3));
      server.pass(Duration.ofHours(3));
      call.reply().complete(REPLY);
      assertThat(stream.response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
    }
  }

  // Age.

  @Test
  void endsAnOldConnectionAfterItsCalls() {
    restart(WITHOUT_PINGS.withConnections(aged(Duration.ofHours(1), Duration.ofHours(1))));
    try (RawHttp2Peer peer = server.connect()) {
      RawStream stream = peer.request(LifeServer.UNARY, HELLO);
      LifeServer.Started call = server.next();
      server.pass(Duration.ofMinutes(53));
      peer.ping();
      assertThat(peer.goAways()).isEmpty();
      server.pass(Duration.ofMinutes(14));
      Frame last = peer.goAway(frame -> frame.integer(0) == stream.id());
      assertThat(last.payload().substring(8).toStringUtf8()).isEqualTo("max_age");
      RawStream late = peer.request(LifeServer.HELLO, HELLO);
      assertThat(late.response().resetCode()).hasValue(7);
      call.reply().complete(REPLY);
      assertThat(stream.response().grpcStatus()).hasValue(0);
      peer.awaitEnd();
    }
  }

  @Test
  void cancelsCallsThatOutliveTheGrace() {
    restart(WITHOUT_PINGS.withConnections(aged(Duration.ofHours(1), Duration.ofHours(1))));
    try (RawHttp2Peer peer = server.connect()) {
      peer.request(LifeServer.UNARY, HELLO);
      LifeServer.Started call = server.next();
      server.pass(Duration.ofMinutes(67));
      peer.ping();
      assertThat(call.cancelled().isComplete()).isFalse();
      server.pass(Duration.ofMinutes(60));
      assertThat(await(call.cancelled()).description()).isEqualTo("the connection was too old");
      peer.awaitEnd();
    }
  }

  private static ConnectionRules aged(Duration age, Duration grace) {
    return new ConnectionRules(0, 0, Duration.ofSeconds(10), Duration.ZERO, age, grace);
  }

  private static ByteString get() {
    return ByteString.copyFromUtf8("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  }
}
