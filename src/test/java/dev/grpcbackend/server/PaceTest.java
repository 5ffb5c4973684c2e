package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.transport.Cut;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send, or read, too slowly, and those that only have nothing to say. */
@Timeout(120)
class PaceTest {

  private static final int CANCEL = 8;
  private static final int LARGEST = Integer.MAX_VALUE;
  private static final HelloReply REPLY =
      HelloReply.newBuilder().setMessage("done").build();
  private static final ByteString LONG_HELLO =
      GrpcFrames.message(HelloRequest.newBuilder().setName("A".repeat(10_000)).build());

  private LifeServer server = new LifeServer();

  @AfterEach
  void close() {
    server.close();
  }

  // Bodies.

  @Test
  void cancelsACallWhoseBodyComesTooSlowly() {
    try (RawHttp2Peer peer = server.connect()) {
      RawStream slow = peer.open(LifeServer.HELLO).data(LONG_HELLO.substring(0, 1_000));
      peer.ping();
      server.passSeconds(5);
      assertThat(slow.soFar().frames()).isEmpty();
      server.passSeconds(3);
      assertThat(slow.response().resetCode()).hasValue(CANCEL);
      assertThat(server.cuts()).containsOnlyKeys(Cut.SLOW_BODY);
      assertThat(server.verticle().calls().count()).isZero();
      RawStream next = peer.request(LifeServer.HELLO, LONG_HELLO);
      assertThat(next.response().grpcStatus()).hasValue(0);
    }
  }

  @Test
  void closesAnHttp1ConnectionWhoseBodyComesTooSlowly() {
    try (RawHttp1Peer peer = RawHttp1Peer.connect(server.port())) {
      peer.head(RequestFields.post("/life.Test/Hello", "application/grpc-web")
          .with("content-length", "10000"));
      peer.bytes(LONG_HELLO.substring(0, 100));
      while (server.cuts().isEmpty()) {
        server.passSeconds(6);
      }
      peer.awaitEnd();
      assertThat(server.cuts()).containsOnlyKeys(Cut.SLOW_BODY);
    }
  }

  @Test
  void keepsABodyThatComesSteadily() {
    try (RawHttp2Peer peer = server.connect()) {
      RawStream steady = peer.open(LifeServer.HELLO);
      int at = 0;
      for (; at < 9_500; at += 500) {
        steady.data(LONG_HELLO.substring(at, at + 500));
        peer.ping();
        server.passSeconds(2);
        // So that the pings are not too many.
        assertThat(peer.request(LifeServer.HELLO, LONG_HELLO).response().grpcStatus())
            .hasValue(0);
      }
      assertThat(steady.end(LONG_HELLO.substring(at)).response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
    }
  }

  @Test
  void keepsABodyThatWaitsWhileOthersOfItsConnectionCome() {
    try (RawHttp2Peer peer = server.connect()) {
      RawStream waiting = peer.open(LifeServer.HELLO).data(LONG_HELLO.substring(0, 10));
      RawStream first = peer.open(LifeServer.HELLO);
      int at = 0;
      for (; at < 9_600; at += 600) {
        first.data(LONG_HELLO.substring(at, at + 600));
        peer.ping();
        server.passSeconds(1);
        peer.request(LifeServer.HELLO, LONG_HELLO).response();
      }
      assertThat(first.end(LONG_HELLO.substring(at)).response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
      server.passSeconds(10);
      assertThat(waiting.response().resetCode()).hasValue(CANCEL);
      assertThat(server.cuts()).containsOnlyKeys(Cut.SLOW_BODY);
    }
  }

  @Test
  void blamesNobodyForATimeInWhichTheServerStoodStill() {
    try (RawHttp2Peer peer = server.connect()) {
      RawStream call = peer.open(LifeServer.HELLO).data(LONG_HELLO.substring(0, 10));
      peer.ping();
      server.passSeconds(1);
      server.stop(Duration.ofMinutes(2));
      assertThat(call.end(LONG_HELLO.substring(10)).response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
    }
  }

  @Test
  void keepsAStreamWhoseClientHasNothingToSay() {
    try (RawHttp2Peer peer = server.connect()) {
      RawStream quiet = peer.open(LifeServer.BIDI);
      LifeServer.Started call = server.next();
      for (int i = 0; i < 4; i++) {
        server.passSeconds(25);
        peer.ping();
      }
      call.reply().complete(REPLY);
      assertThat(quiet.response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
    }
  }

  @Test
  void keepsABodyThatNobodyHasAskedForYet() {
    Promise<Void> admitted = Promise.promise();
    server.close();
    server = new LifeServer(TestServer.OPTIONS, builder -> builder.intercept(waitingFor(admitted)));
    try (RawHttp2Peer peer = server.connect()) {
      RawStream call = peer.open(LifeServer.HELLO).data(LONG_HELLO.substring(0, 10));
      peer.ping();
      for (int i = 0; i < 4; i++) {
        server.passSeconds(25);
        peer.ping();
      }
      admitted.complete();
      call.end(LONG_HELLO.substring(10));
      assertThat(call.response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
    }
  }

  private static ServerInterceptor waitingFor(Promise<Void> word) {
    return new ServerInterceptor() {
      @Override
      public <Req, Resp> Future<Void> intercept(
          ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
        Promise<Void> own = Promise.promise();
        word.future().onComplete(said -> call.context().runOnContext(turn -> own.complete()));
        return own.future().compose(said -> next.handle(call));
      }
    };
  }

  // Readers.

  @Test
  void cancelsACallWhoseResponseNobodyReads() {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(
            server.port(), RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0))
        .keepWindows()) {
      RawStream stalled = peer.request(LifeServer.STREAM, LONG_HELLO);
      LifeServer.Started call = server.next();
      call.call().context().runOnContext(turn -> call.call().send(REPLY));
      stalled.headerBlocks(1);
      server.passSeconds(29);
      peer.ping();
      assertThat(call.cancelled().isComplete()).isFalse();
      server.passSeconds(1);
      assertThat(await(call.cancelled()).description()).isEqualTo("stalled reader");
      assertThat(stalled.reset().resetCode()).hasValue(CANCEL);
      assertThat(server.cuts()).containsOnlyKeys(Cut.STALLED_READER);
      // What was left of the stream is not sent after all.
      peer.send(Frame.WINDOW_UPDATE, 0, 0, RawHttp2Peer.integer(1_000_000));
      stalled.windowUpdate(1_000_000);
      peer.ping();
      assertThat(stalled.soFar().body()).isEmpty();
    }
  }

  @Test
  void endsAResponseThatNobodyReadsAlsoWhenItsHandlerIsDone() {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(
            server.port(), RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0))
        .keepWindows()) {
      RawStream stalled = peer.request(LifeServer.HELLO, LONG_HELLO);
      stalled.headerBlocks(1);
      server.passSeconds(30);
      assertThat(stalled.reset().resetCode()).hasValue(CANCEL);
    }
  }

  @Test
  void keepsACallWhoseResponseIsReadSlowly() {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(
            server.port(), RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0))
        .keepWindows()) {
      RawStream slow = peer.request(LifeServer.HELLO, LONG_HELLO);
      slow.headerBlocks(1);
      for (int read = 1_000; read <= 10_000; read += 1_000) {
        slow.windowUpdate(1_000).body(read);
        server.passSeconds(25);
        peer.ping();
      }
      assertThat(slow.windowUpdate(1_000_000).response().grpcStatus()).hasValue(0);
      assertThat(server.cuts()).isEmpty();
    }
  }

  @Test
  void closesAConnectionWhoseClientTakesNothing() {
    server.close();
    server = new LifeServer(TestServer.OPTIONS.withKeepalive(
        new Keepalive(Duration.ZERO, Duration.ofSeconds(10), Duration.ZERO, true)));
    HelloReply large = HelloReply.newBuilder().setMessage("A".repeat(64 << 10)).build();
    try (RawHttp2Peer peer = RawHttp2Peer.connect(
        server.port(), RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, LARGEST))) {
      peer.send(Frame.WINDOW_UPDATE, 0, 0, RawHttp2Peer.integer(LARGEST - 65_535));
      peer.request(LifeServer.STREAM, LONG_HELLO);
      LifeServer.Started call = server.next();
      call.call().context().runOnContext(turn -> {
        call.call().compression(false);
        writeUntilFull(call, large);
      });
      // The buffers of both sockets take something first.
      while (await(server.verticle().lookAtConnections()) > 0) {
        server.passSeconds(30);
      }
      assertThat(await(call.cancelled()).description()).isEqualTo("stalled reader");
      assertThat(server.cuts()).containsOnlyKeys(Cut.STALLED_READER);
    }
  }

  private static void writeUntilFull(LifeServer.Started started, HelloReply message) {
    while (!started.call().writeQueueFull()) {
      started.call().send(message);
    }
    started.call().drainHandler(room -> writeUntilFull(started, message));
  }
}
