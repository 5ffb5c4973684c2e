package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.transport.Cut;
import dev.grpcbackend.transport.HeldMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients may make a server hold, all together: here 1 MiB. */
@Timeout(120)
class HeldMemoryTest {

  private static final int FRAME = 16 * 1024;
  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int REFUSED_STREAM = 7;
  private static final ByteString NO_WINDOW =
      RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0);

  private final HeldMemory memory = new HeldMemory(1 << 20);
  private final LifeServer server =
      new LifeServer(TestServer.OPTIONS, builder -> builder.memory(memory));
  private final List<RawHttp2Peer> peers = new ArrayList<>();

  @AfterEach
  void holdsNothingInTheEnd() {
    peers.forEach(RawHttp2Peer::close);
    server.awaitConnections(0);
    assertThat(memory.bytes()).isZero();
    server.close();
  }

  @Test
  void endsARequestThatTakesMoreThanIsLeftForOthers() {
    RawStream call = unfinished(connect(), LifeServer.HELLO, 600 << 10);
    assertThat(call.response().resetCode()).hasValue(ENHANCE_YOUR_CALM);
    assertThat(server.cuts()).containsOnlyKeys(Cut.TOO_MUCH_HELD);
  }

  @Test
  void keepsARequestThatLeavesAsMuchForOthers() {
    RawHttp2Peer peer = connect();
    RawStream call = unfinished(peer, LifeServer.HELLO, 200 << 10);
    peer.ping();
    assertThat(call.soFar().resetCode()).isEmpty();
    call.reset(8);
    assertThat(greets(peer)).isTrue();
    assertThat(server.cuts()).isEmpty();
  }

  @Test
  void servesOthersWhateverSomeHold() {
    for (int i = 0; i < 10; i++) {
      RawHttp2Peer greedy = connect();
      for (int j = 0; j < 4; j++) {
        unfinished(greedy, LifeServer.HELLO, 200 << 10);
      }
      greedy.ping();
    }
    assertThat(memory.bytes()).isBetween(1L, 1L << 20);
    assertThat(greets(connect())).isTrue();
  }

  @Test
  void countsRequestsThatTheHandlerDoesNotRead() {
    RawHttp2Peer peer = connect();
    RawStream call = unfinished(peer, LifeServer.BIDI, 600 << 10);
    assertThat(call.response().resetCode()).hasValue(ENHANCE_YOUR_CALM);
    assertThat(server.next().cancelled()).isNotNull();
  }

  /** A message that is whole is held for its call nevertheless, and as large as it has become. */
  @Test
  void countsACompressedMessageThatWaitsForTheEndOfItsRequest() {
    ByteString large =
        HelloRequest.newBuilder().setName("A".repeat(600 << 10)).build().toByteString();
    ByteString small = GrpcFrames.frame(1, GrpcFrames.gzip(large));
    assertThat(small.size()).isLessThan(FRAME);
    RawStream call =
        connect().open(LifeServer.HELLO.with("grpc-encoding", "gzip")).data(small);
    assertThat(call.response().resetCode()).hasValue(ENHANCE_YOUR_CALM);
  }

  @Test
  void endsAResponseThatNobodyReads() {
    RawHttp2Peer peer = connect(NO_WINDOW);
    RawStream call =
        peer.request(LifeServer.UNARY, GrpcFrames.message(HelloRequest.getDefaultInstance()));
    server
        .next()
        .reply()
        .complete(HelloReply.newBuilder().setMessage("A".repeat(600 << 10)).build());
    assertThat(call.response().resetCode()).hasValue(ENHANCE_YOUR_CALM);
  }

  @Test
  void givesBackWhatHasBeenRead() {
    RawHttp2Peer peer = connect();
    for (int i = 0; i < 8; i++) {
      RawStream call =
          peer.request(LifeServer.UNARY, GrpcFrames.message(HelloRequest.getDefaultInstance()));
      server
          .next()
          .reply()
          .complete(HelloReply.newBuilder().setMessage("A".repeat(300 << 10)).build());
      assertThat(call.response().grpcStatus()).hasValue(0);
    }
    assertThat(server.cuts()).isEmpty();
  }

  @Test
  void refusesStreamsThereIsNoMemoryFor() {
    RawHttp2Peer peer = connect();
    unfinished(peer, LifeServer.HELLO, 480 << 10);
    RawStream last = peer.open(LifeServer.BIDI);
    for (int i = 0; i < 20; i++) {
      last = peer.open(LifeServer.BIDI);
    }
    assertThat(last.response().resetCode()).hasValue(REFUSED_STREAM);
  }

  @Test
  void closesAnHttp1ConnectionThatHoldsTooMuch() {
    try (RawHttp1Peer peer = RawHttp1Peer.connect(server.port())) {
      peer.head(RequestFields.post("/life.Test/Hello", "application/grpc-web")
          .with("content-length", String.valueOf(1 << 20)));
      peer.bytes(
          GrpcFrames.frame(0, ByteString.copyFrom(new byte[600 << 10])).substring(0, 599 << 10));
      peer.awaitEnd();
      assertThat(server.cuts()).containsOnlyKeys(Cut.TOO_MUCH_HELD);
    }
  }

  /** Sends that much of a message that is longer. */
  private static RawStream unfinished(RawHttp2Peer peer, RequestFields fields, int bytes) {
    RawStream call = peer.open(fields);
    ByteString whole = GrpcFrames.frame(0, ByteString.copyFrom(new byte[bytes]));
    for (int at = 0; at < bytes; at += FRAME) {
      call.data(whole.substring(at, Math.min(bytes, at + FRAME)));
    }
    return call;
  }

  private boolean greets(RawHttp2Peer peer) {
    RawStream call = peer.request(
        LifeServer.HELLO,
        GrpcFrames.message(HelloRequest.newBuilder().setName("Ada").build()));
    return call.response().grpcStatus().orElse(-1) == 0;
  }

  private RawHttp2Peer connect() {
    return connect(ByteString.EMPTY);
  }

  private RawHttp2Peer connect(ByteString settings) {
    RawHttp2Peer peer = RawHttp2Peer.connect(server.port(), settings);
    peers.add(peer);
    return peer;
  }
}
