package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
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

/** Clients that reset their calls, on one connection after the other. */
@Timeout(120)
class ResetBudgetTest {

  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int BUDGET = 400;
  private static final int IN_A_SECOND = BUDGET / 8;
  private static final ByteString HELLO =
      GrpcFrames.message(HelloRequest.newBuilder().setName("Ada").build());

  private final LifeServer server =
      new LifeServer(TestServer.OPTIONS.withTransport(new ServerOptions.Transport(
          1 << 20, 16 << 20, BUDGET, 1 << 10, 240, Duration.ofSeconds(30))));

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void endsAConnectionThatResetsMostOfWhatItOpensWithinASecond() {
    try (RawHttp2Peer peer = server.connect()) {
      reset(peer, IN_A_SECOND);
      peer.ping();
      reset(peer, 1);
      assertCalmedDown(peer);
    }
  }

  @Test
  void keepsAConnectionThatResetsAsManyInMoreTime() {
    try (RawHttp2Peer peer = server.connect()) {
      for (int second = 0; second < 20; second++) {
        reset(peer, BUDGET / 20);
        assertServes(peer);
        server.passSeconds(2);
      }
      assertThat(server.cuts()).isEmpty();
    }
  }

  @Test
  void remembersAClientThatComesBackForHalfAMinute() {
    spend();
    for (int i = 0; i < 3; i++) {
      try (RawHttp2Peer again = server.connect()) {
        reset(again, 1);
        assertCalmedDown(again);
      }
    }
    server.passSeconds(31);
    try (RawHttp2Peer later = server.connect()) {
      reset(later, 10);
      assertServes(later);
    }
  }

  @Test
  void keepsItsNeighboursWhoResetLessThanTheyUse() {
    spend();
    try (RawHttp2Peer neighbour = server.connect()) {
      for (int i = 0; i < 10; i++) {
        assertServes(neighbour);
        assertServes(neighbour);
        reset(neighbour, 1);
      }
      assertServes(neighbour);
    }
    assertThat(server.cuts()).isEmpty();
  }

  /** What one address may reset, on connections none of which resets too much. */
  private void spend() {
    for (int spent = 0; spent < BUDGET; spent += IN_A_SECOND) {
      try (RawHttp2Peer peer = server.connect()) {
        reset(peer, IN_A_SECOND);
        peer.ping();
      }
    }
    assertThat(server.cuts()).isEmpty();
  }

  private static void reset(RawHttp2Peer peer, int calls) {
    for (int i = 0; i < calls; i++) {
      RawStream call = peer.open(LifeServer.HELLO);
      peer.send(Frame.RST_STREAM, 0, call.id(), RawHttp2Peer.integer(8));
    }
  }

  private static void assertServes(RawHttp2Peer peer) {
    assertThat(peer.request(LifeServer.HELLO, HELLO).response().grpcStatus()).hasValue(0);
  }

  private void assertCalmedDown(RawHttp2Peer peer) {
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(ENHANCE_YOUR_CALM);
    peer.awaitEnd();
    assertThat(server.cuts()).containsOnlyKeys(Cut.FLOOD);
  }
}
