package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of an HTTP/1.1 connection when a request is answered before it was read. */
@Timeout(120)
class UnreadBodyTest {

  private static final int LIMIT = 64 << 10;

  private static final RequestFields REFUSED = RequestFields.post(UNARY, "image/jpeg");
  private static final RequestFields GOOD = RequestFields.post(UNARY, "application/grpc-web+proto");

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  private static ByteString bytes(int size) {
    return ByteString.copyFrom(new byte[size]);
  }

  private static void assertServes(RawHttp1Peer peer) {
    assertThat(peer.request(GOOD, hello("Ada")).response().webTrailers())
        .containsEntry("grpc-status", "0");
  }

  @Test
  void readsAShortBodyAway() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    WebResponse refusal = peer.request(REFUSED, bytes(LIMIT)).response();
    assertThat(refusal.status()).isEqualTo(415);
    assertThat(refusal.header("connection")).isEmpty();
    assertServes(peer);
    assertThat(peer.chunked(REFUSED, List.of(bytes(LIMIT / 2), bytes(1)))
            .response()
            .status())
        .isEqualTo(415);
    assertServes(peer);
  }

  @Test
  void answersBeforeTheBodyHasCome() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    assertThat(peer.head(REFUSED.with("content-length", "5")).response().status())
        .isEqualTo(415);
    peer.bytes(bytes(5));
    assertServes(peer);
  }

  @Test
  void closesTheConnectionRatherThanReadALongBody() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    WebResponse refusal =
        peer.head(REFUSED.with("content-length", Integer.toString(LIMIT + 1))).response();
    assertThat(refusal.status()).isEqualTo(415);
    assertThat(refusal.header("connection")).hasValue("close");
    peer.awaitEnd();
  }

  @Test
  void closesTheConnectionWhenABodyOfUnknownLengthGetsLong() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    peer.head(REFUSED.with("transfer-encoding", "chunked"));
    assertThat(peer.response().status()).isEqualTo(415);
    peer.chunk(bytes(LIMIT)).chunk(bytes(1));
    peer.awaitEnd();
  }

  @Test
  void keepsTheConnectionWhenALongBodyOfUnknownLengthEndsSoon() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    WebResponse refusal =
        peer.head(REFUSED.with("transfer-encoding", "chunked")).response();
    assertThat(refusal.status()).isEqualTo(415);
    assertThat(refusal.header("connection")).isEmpty();
    peer.chunk(bytes(LIMIT)).chunk(bytes(LIMIT)).chunk(ByteString.EMPTY);
    assertServes(peer);
  }

  @Test
  void closesTheConnectionOfACallThatFailsWithinALongBody() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    peer.head(GOOD.with("content-length", "1000000"));
    WebResponse refusal = peer.bytes(bytes(5)).bytes(bytes(5)).response();
    assertThat(refusal.webTrailers()).containsEntry("grpc-status", "12");
    assertThat(refusal.header("connection")).hasValue("close");
    peer.awaitEnd();
  }

  @Test
  void doesNotSpeakHttp10() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    peer.bytes(ByteString.copyFromUtf8("POST " + UNARY + " HTTP/1.0\r\n"
        + "content-type: application/grpc-web\r\ncontent-length: 3\r\n\r\nabc"));
    assertThat(peer.response().status()).isEqualTo(505);
    peer.awaitEnd();
  }

  @Test
  void asksForABodyThatWaitsToBeAskedFor() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    ByteString body = hello("Ada");
    peer.head(
        GOOD.with("expect", "100-continue").with("content-length", Integer.toString(body.size())));
    assertThat(peer.response().status()).isEqualTo(100);
    assertThat(peer.bytes(body).response().webTrailers()).containsEntry("grpc-status", "0");
  }
}
