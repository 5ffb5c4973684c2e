package dev.grpcbackend.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ServerCalls;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The peer itself, held against a server that is not ours: what it says is understood, and back. */
@Timeout(120)
class RawHttp2PeerTest {

  private static final String PATH = "/helloworld.Greeter/SayHello";

  private final GrpcJavaServer server = new GrpcJavaServer()
      .method(
          PATH.substring(1),
          MethodDescriptor.MethodType.UNARY,
          HelloRequest.getDefaultInstance(),
          HelloReply.getDefaultInstance(),
          ServerCalls.asyncUnaryCall((request, replies) -> {
            replies.onNext(
                HelloReply.newBuilder().setMessage("Hello " + request.getName()).build());
            replies.onCompleted();
          }));

  private int port;

  @BeforeEach
  void start() throws Exception {
    port = server.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static com.google.protobuf.ByteString hello(String name) {
    return GrpcFrames.message(HelloRequest.newBuilder().setName(name).build());
  }

  @Test
  void readsHeadersMessagesAndTrailersOfACall() {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(port)) {
      RawResponse response =
          peer.request(RequestFields.grpc(PATH), hello("Ada")).response();
      assertThat(response.httpStatus()).hasValue(200);
      assertThat(response.header("content-type")).hasValue("application/grpc");
      assertThat(response.grpcStatus()).hasValue(0);
      assertThat(response.isTrailersOnly()).isFalse();
      assertThat(response.messages())
          .containsExactly(
              GrpcFrames.message(HelloReply.newBuilder().setMessage("Hello Ada").build()));
    }
  }

  @Test
  void readsATrailersOnlyResponse() {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(port)) {
      RawResponse response =
          peer.request(RequestFields.grpc("/a.B/C"), hello("Ada")).response();
      assertThat(response.grpcStatus()).hasValue(12);
      assertThat(response.isTrailersOnly()).isTrue();
    }
  }

  @Test
  void sendsMessagesOfManyFramesAndHeaderBlocksOfManyFrames() {
    String name = "a".repeat(50_000);
    try (RawHttp2Peer peer = RawHttp2Peer.connect(port)) {
      RawStream stream = peer.openInPieces(RequestFields.grpc(PATH), 30);
      RawResponse response = stream.endInFrames(hello(name), 10_000).response();
      assertThat(response.messages())
          .containsExactly(GrpcFrames.message(
              HelloReply.newBuilder().setMessage("Hello " + name).build()));
    }
  }

  @Test
  void keepsTheServerWaitingForItsWindow() {
    var window = RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 4);
    try (RawHttp2Peer peer = RawHttp2Peer.connect(port, window).keepWindows()) {
      RawStream stream = peer.request(RequestFields.grpc(PATH), hello("Ada"));
      assertThat(stream.body(4).body().size()).isEqualTo(4);
      peer.ping().ping();
      assertThat(stream.soFar().body().size()).isEqualTo(4);
      assertThat(stream.windowUpdate(1_000).response().grpcStatus()).hasValue(0);
    }
  }

  @Test
  void readsTheGoAwayThatAnswersABrokenRule() {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(port)) {
      peer.send(Frame.CONTINUATION, Frame.END_HEADERS, 1, hello("Ada"));
      assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(1);
      peer.awaitEnd();
    }
  }
}
