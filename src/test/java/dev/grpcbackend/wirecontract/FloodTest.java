package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.sayHello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that keep a connection busy without calling anything (RFC 9113, section 10.5). */
@Timeout(120)
class FloodTest {

  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int PRIORITY = 2;
  private static final int MORE_THAN_ANY_LIMIT = 12_000;
  private static final int SETTINGS_A_SECOND = 100;
  private static final int EMPTY_DATA_IN_A_ROW = 10;
  private static final ByteString CANCEL = RawHttp2Peer.integer(8);
  private static final ByteString ONE_BYTE = ByteString.copyFrom(new byte[1]);

  /**
   * Handlers that were started, or resets that were sent, before a connection is ended: 250 if they
   * come within a second, for which a busy machine needs some; 2,000 if that had no effect.
   */
  private static final int MOST_WASTED = 1_500;

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  @ParameterizedTest
  @CsvSource({"PRIORITY, 2, 0, 5", "PING, 6, 0, 8", "unknown, 77, 0, 3"})
  void endsAConnectionOfFramesThatMeanNothing(String name, int type, int flags, int bytes) {
    RawHttp2Peer peer = SERVER.connect();
    int stream = type == 2 ? 99 : 0;
    flood(peer, MORE_THAN_ANY_LIMIT, type, flags, stream, ByteString.copyFrom(new byte[bytes]));
    assertCalmedDown(peer);
  }

  @Test
  void endsAConnectionOfSettingsBeforeItHasAnsweredThemAll() {
    RawHttp2Peer peer = SERVER.connect();
    flood(peer, MORE_THAN_ANY_LIMIT, Frame.SETTINGS, 0, 0, ByteString.EMPTY);
    assertCalmedDown(peer);
    // Its own, and the answers.
    assertThat(peer.count(Frame.SETTINGS)).isLessThanOrEqualTo(1 + 2 * SETTINGS_A_SECOND);
  }

  @Test
  void endsAConnectionOfEmptyData() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream call = peer.open(sayHello());
    flood(peer, EMPTY_DATA_IN_A_ROW + 1, Frame.DATA, 0, call.id(), ByteString.EMPTY);
    assertCalmedDown(peer);
  }

  @Test
  void takesEmptyDataBetweenOther() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream chat = peer.open(RequestFields.grpc(Greeters.BIDI));
    for (int i = 0; i < 20; i++) {
      flood(peer, EMPTY_DATA_IN_A_ROW, Frame.DATA, 0, chat.id(), ByteString.EMPTY);
      chat.data(hello("Ada"));
    }
    assertThat(chat.end().response().messages()).hasSize(20);
  }

  /** As clients do that write the prefix of a message and its few bytes apart. */
  @Test
  void takesManyShortMessagesInFramesOfTheirOwn() {
    ByteString message = hello("A");
    ByteString payload = GrpcFrames.payload(message);
    ByteString prefix = message.substring(0, message.size() - payload.size());
    RawHttp2Peer peer = SERVER.connect();
    RawStream all = peer.open(RequestFields.grpc(Greeters.CLIENT_STREAMING));
    for (int i = 0; i < 3_000; i++) {
      all.data(prefix).data(payload);
    }
    assertThat(all.end().response().grpcStatus()).hasValue(0);
  }

  /** The handlers of calls that stream their requests start at once. */
  @Test
  void endsAConnectionOfCallsThatAreResetAtOnce() {
    int before = SERVER.starts();
    RawHttp2Peer peer = SERVER.connect();
    for (int i = 0; i < 30_000 && !peer.isEnded(); i++) {
      peer.send(
          Frame.RST_STREAM, 0, peer.open(RequestFields.grpc(Greeters.BIDI)).id(), CANCEL);
    }
    assertCalmedDown(peer);
    assertThat(SERVER.starts() - before).isLessThanOrEqualTo(MOST_WASTED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"window of 0", "window over the limit", "self-dependency", "data after the end"})
  void endsAConnectionOfCallsThatTheServerIsMadeToReset(String fault) {
    RawHttp2Peer peer = SERVER.connect();
    for (int i = 0; i < 5_000 && !peer.isEnded(); i++) {
      boolean ended = fault.equals("data after the end");
      int id = (ended ? peer.request(sayHello(), hello("Ada")) : peer.open(sayHello())).id();
      switch (fault) {
        case "window of 0" -> peer.send(Frame.WINDOW_UPDATE, 0, id, RawHttp2Peer.integer(0));
        case "window over the limit" ->
          peer.send(Frame.WINDOW_UPDATE, 0, id, RawHttp2Peer.integer(Integer.MAX_VALUE));
        case "self-dependency" ->
          peer.send(PRIORITY, 0, id, RawHttp2Peer.integer(id).concat(ONE_BYTE));
        default -> peer.send(Frame.DATA, 0, id, ONE_BYTE);
      }
    }
    assertCalmedDown(peer);
    assertThat(peer.count(Frame.RST_STREAM)).isLessThanOrEqualTo(MOST_WASTED);
  }

  @Test
  void leavesAThousandHonestCancellationsUnharmed() {
    RawHttp2Peer peer = SERVER.connect();
    for (int i = 0; i < 1_000; i++) {
      peer.send(Frame.RST_STREAM, 0, peer.open(sayHello()).id(), CANCEL);
      RawStream good = peer.request(sayHello(), hello("Ada"));
      if (i % 50 == 0) {
        assertThat(good.response().grpcStatus()).hasValue(0);
      }
    }
    assertThat(peer.request(sayHello(), hello("Ada")).response().grpcStatus()).hasValue(0);
    assertThat(peer.isEnded()).isFalse();
  }

  private static void assertCalmedDown(RawHttp2Peer peer) {
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(ENHANCE_YOUR_CALM);
    peer.awaitEnd();
  }

  private static void flood(
      RawHttp2Peer peer, int times, int type, int flags, int stream, ByteString payload) {
    for (int i = 0; i < times && !peer.isEnded(); i++) {
      peer.send(type, flags, stream, payload);
    }
  }
}
