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
import dev.grpcbackend.transport.Cut;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pings, ours and those of the clients. */
@Timeout(120)
class KeepaliveTest {

  private static final int ENHANCE_YOUR_CALM = 11;

  private static final ByteString HELLO =
      GrpcFrames.message(HelloRequest.newBuilder().setName("Ada").build());
  private static final HelloReply REPLY =
      HelloReply.newBuilder().setMessage("done").build();

  private LifeServer server = new LifeServer();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void cancelsTheCallsOfAClientThatAnswersNoPing() {
    try (RawHttp2Peer peer = server.connect()) {
      peer.request(LifeServer.UNARY, HELLO);
      LifeServer.Started call = server.next();
      server.passSeconds(30);
      server.passSeconds(9);
      assertThat(call.cancelled().isComplete()).isFalse();
      server.passSeconds(1);
      assertThat(await(call.cancelled()).description()).isEqualTo("unanswered ping");
      assertThat(server.verticle().calls().count()).isZero();
      assertThat(server.cuts()).containsOnlyKeys(Cut.UNANSWERED_PING);
      server.awaitConnections(0);
    }
  }

  @Test
  void keepsAClientThatAnswers() {
    try (RawHttp2Peer peer = server.connect()) {
      RawStream stream = peer.request(LifeServer.UNARY, HELLO);
      LifeServer.Started call = server.next();
      for (int i = 0; i < 10; i++) {
        server.passSeconds(30);
        peer.awaitPing(i + 1).ping();
        server.passSeconds(5);
      }
      call.reply().complete(REPLY);
      assertThat(stream.response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
    }
  }

  @Test
  void doesNotPingAClientWithoutCalls() {
    try (RawHttp2Peer peer = server.connect()) {
      peer.request(LifeServer.HELLO, HELLO).response();
      server.passSeconds(40);
      server.passSeconds(40);
      assertThat(peer.request(LifeServer.HELLO, HELLO).response().grpcStatus()).hasValue(0);
      assertThat(peer.pingsOfTheServer()).isZero();
    }
  }

  @Test
  void endsAConnectionThatPingsTooOften() {
    try (RawHttp2Peer peer = server.connect()) {
      peer.request(LifeServer.UNARY, HELLO);
      server.next();
      for (int i = 0; i < 4; i++) {
        peer.send(Frame.PING, 0, 0, ByteString.copyFrom(new byte[8]));
      }
      Frame end = peer.goAway(frame -> true);
      assertThat(end.integer(4)).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(end.payload().substring(8).toStringUtf8()).isEqualTo("too_many_pings");
      peer.awaitEnd();
      assertThat(server.cuts()).containsOnlyKeys(Cut.TOO_MANY_PINGS);
    }
  }

  @Test
  void permitsAPingEveryFiveSeconds() {
    try (RawHttp2Peer peer = server.connect()) {
      for (int i = 0; i < 40; i++) {
        peer.ping();
        server.passSeconds(5);
      }
      assertThat(peer.goAways()).isEmpty();
    }
  }

  /** As clients do that measure the bandwidth. */
  @Test
  void permitsPingsThatFollowWhatWasSentOfACall() {
    try (RawHttp2Peer peer = server.connect()) {
      for (int i = 0; i < 10; i++) {
        assertThat(peer.request(LifeServer.HELLO, HELLO).response().grpcStatus())
            .hasValue(0);
        peer.ping().ping();
      }
    }
  }

  @Test
  void permitsFewPingsWithoutACallIfAskedTo() {
    server.close();
    server = new LifeServer(TestServer.OPTIONS
        .withConnections(new ConnectionRules(
            0, 0, Duration.ofSeconds(10), Duration.ZERO, Duration.ZERO, Duration.ZERO))
        .withKeepalive(
            new Keepalive(Duration.ZERO, Duration.ofSeconds(10), Duration.ofMinutes(5), false)));
    try (RawHttp2Peer peer = server.connect()) {
      for (int i = 0; i < 10; i++) {
        peer.ping();
        server.pass(Duration.ofHours(2));
      }
      for (int i = 0; i < 4; i++) {
        peer.send(Frame.PING, 0, 0, ByteString.copyFrom(new byte[8]));
        server.pass(Duration.ofMinutes(5));
      }
      assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(ENHANCE_YOUR_CALM);
    }
  }
}
