package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.sayHello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that keep a connection busy without calling anything (RFC 9113, section 10.5). */
@Timeout(60)
class FloodTest {

  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int RST_STREAM = 3;
  private static final int MORE_THAN_ANY_LIMIT = 12_000;

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  @ParameterizedTest
  @CsvSource({"PRIORITY, 2, 0, 5", "SETTINGS, 4, 0, 0", "PING, 6, 0, 8", "unknown, 77, 0, 3"})
  void endsAConnectionOfFramesThatMeanNothing(String name, int type, int flags, int bytes) {
    RawHttp2Peer peer = SERVER.connect();
    int stream = type == 2 ? 99 : 0;
    flood(peer, MORE_THAN_ANY_LIMIT, type, flags, stream, ByteString.copyFrom(new byte[bytes]));
    assertThat(peer.goAway(frame -> true).integer(4)).as(name).isEqualTo(ENHANCE_YOUR_CALM);
    peer.awaitEnd();
  }

  @Test
  void endsAConnectionOfEmptyData() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream call = peer.open(sayHello());
    flood(peer, MORE_THAN_ANY_LIMIT, 0, 0, call.id(), ByteString.EMPTY);
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(ENHANCE_YOUR_CALM);
    peer.awaitEnd();
  }

  @Test
  void endsAConnectionOfCallsThatAreResetAtOnce() {
    RawHttp2Peer peer = SERVER.connect();
    ByteString cancel = RawHttp2Peer.integer(8);
    for (int i = 0; i < 2_500 && !peer.isEnded(); i++) {
      peer.send(RST_STREAM, 0, peer.open(sayHello()).id(), cancel);
    }
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(ENHANCE_YOUR_CALM);
    peer.awaitEnd();
  }

  @Test
  void leavesAThousandHonestCancellationsUnharmed() {
    RawHttp2Peer peer = SERVER.connect();
    for (int i = 0; i < 1_000; i++) {
      peer.send(RST_STREAM, 0, peer.open(sayHello()).id(), RawHttp2Peer.integer(8));
    }
    assertThat(peer.request(sayHello(), hello("Ada")).response().grpcStatus()).hasValue(0);
    assertThat(peer.isEnded()).isFalse();
  }

  private static void flood(
      RawHttp2Peer peer, int times, int type, int flags, int stream, ByteString payload) {
    for (int i = 0; i < times && !peer.isEnded(); i++) {
      peer.send(type, flags, stream, payload);
    }
  }
}
