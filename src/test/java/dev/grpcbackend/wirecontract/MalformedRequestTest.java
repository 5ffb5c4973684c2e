package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.sayHello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What RFC 9113 forbids (sections 8.2 and 8.3). Netty's codec decides it before our code: the stream
 * is reset. It also keeps no memory of such a stream, so DATA that was already under way ends the
 * connection; that is its limit and is pinned here as "no silence, no handler".
 */
@Timeout(120)
class MalformedRequestTest {

  private static final int PROTOCOL_ERROR = 1;

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("connection header", sayHello().with("connection", "keep-alive")),
        Arguments.of("te gzip", sayHello().with("te", "gzip")),
        Arguments.of("te trailers and more", sayHello().with("te", "trailers, deflate")),
        Arguments.of("te empty", sayHello().with("te", "")),
        Arguments.of("upper-case name", sayHello().with("X-Upper", "a")),
        Arguments.of("NUL", sayHello().with("x-nul", "a\0b")),
        Arguments.of("CR", sayHello().with("x-cr", "a\rb")),
        Arguments.of("LF", sayHello().with("x-lf", "a\nb")),
        Arguments.of("method twice", sayHello().first(":method", "POST")),
        Arguments.of("scheme twice", sayHello().first(":scheme", "http")),
        Arguments.of("path twice", sayHello().first(":path", Greeters.UNARY)),
        Arguments.of("authority twice", sayHello().first(":authority", "localhost")),
        Arguments.of("no method", sayHello().without(":method")),
        Arguments.of("no scheme", sayHello().without(":scheme")),
        Arguments.of("no path", sayHello().without(":path")),
        Arguments.of("empty path", sayHello().with(":path", "")),
        Arguments.of(
            "pseudo-header after others", sayHello().without(":path").and(":path", "/a/B")),
        Arguments.of("pseudo-header of responses", sayHello().first(":status", "200")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void resetsTheStreamAndKeepsTheConnection(String what, RequestFields fields) {
    int before = SERVER.starts();
    RawHttp2Peer peer = SERVER.connect();
    RawResponse response = peer.openAndEnd(fields).response();
    new Outcome(SERVER, peer, response, before)
        .reset(PROTOCOL_ERROR)
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void resetsTheStreamWhenItsBodyIsUnderWay(String what, RequestFields fields) {
    int before = SERVER.starts();
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.open(fields);
    stream.end(hello("Ada"));
    assertThat(stream.response().resetCode()).as(what).hasValue(PROTOCOL_ERROR);
    assertThat(SERVER.starts()).isEqualTo(before);
  }

  @Test
  void endsTheConnectionOnAFrameOutOfPlace() {
    RawHttp2Peer peer = SERVER.connect();
    peer.send(Frame.CONTINUATION, Frame.END_HEADERS, 1, ByteString.EMPTY);
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(PROTOCOL_ERROR);
    peer.awaitEnd();
  }

  @Test
  void endsTheConnectionOnDataForAStreamThatWasNeverOpened() {
    RawHttp2Peer peer = SERVER.connect();
    peer.send(Frame.DATA, 0, 7, ByteString.copyFromUtf8("a"));
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(PROTOCOL_ERROR);
    peer.awaitEnd();
  }

  @Test
  void ignoresUnknownFrameTypes() {
    int before = SERVER.starts();
    RawHttp2Peer peer = SERVER.connect();
    peer.send(0xFA, 0xFF, 0, ByteString.copyFromUtf8("anything"));
    RawResponse response = peer.request(sayHello(), hello("Ada")).response();
    new Outcome(SERVER, peer, response, before).greets("Ada").handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void endsTheConnectionOfAPeerThatSpeaksSomethingElse() {
    RawHttp2Peer peer = SERVER.connect();
    peer.sendBytes(
        ByteString.copyFrom(new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0, 0, 0, 0, 0, 1}));
    peer.awaitEnd();
  }
}
