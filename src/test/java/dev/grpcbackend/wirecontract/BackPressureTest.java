package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.testing.TestServer.await;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Flow control reaches from the handler to the caller's window, and back. */
@Timeout(120)
class BackPressureTest {

  private static final int WINDOW = 65_535;
  private static final int FRAME = 16_384;

  /** Messages that fill the window to the byte: five bytes of prefix, three of field, the text. */
  private static final ByteString FLOOD = flood();

  private static final WaitingHandler WAITER = new WaitingHandler();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(
      TestServer.OPTIONS
          .withLimits(WireServer.LIMITS)
          .withTransport(
              new ServerOptions.Transport(WINDOW, 16 << 20, 2_000, 0, 240, Duration.ofSeconds(30))),
      WAITER::register);

  private static ByteString flood() {
    ByteString flood = ByteString.EMPTY;
    while (flood.size() < WINDOW - 100) {
      flood = flood.concat(hello("a".repeat(30)));
    }
    return flood.concat(hello("a".repeat(WINDOW - flood.size() - 7)));
  }

  private static RawStream sendFlood(RawHttp2Peer peer) {
    assertThat(FLOOD.size()).isEqualTo(WINDOW);
    RawStream stream = peer.open(WaitingHandler.bidi());
    for (int at = 0; at < FLOOD.size(); at += FRAME) {
      stream.data(FLOOD.substring(at, Math.min(FLOOD.size(), at + FRAME)));
    }
    return stream;
  }

  @Test
  void keepsTheWindowClosedUntilTheHandlerReads() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = sendFlood(peer);
    WaitingHandler.Started call = WAITER.next();
    peer.ping().ping();
    assertThat(stream.windowUpdates()).isZero();

    AtomicInteger count = new AtomicInteger();
    call.call()
        .context()
        .runOnContext(turn -> call.call()
            .requests()
            .endHandler(end -> call.reply().complete(greeting("all")))
            .handler(request -> count.incrementAndGet()));
    stream.awaitWindowUpdate();
    stream.end();
    assertThat(stream.response().grpcStatus()).hasValue(0);
    assertThat(count).hasValue(GrpcFrames.split(FLOOD).size());
  }

  @Test
  void handsOverNoMoreMessagesThanWereAskedFor() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = sendFlood(peer);
    WaitingHandler.Started call = WAITER.next();
    AtomicInteger count = new AtomicInteger();
    Promise<Void> third = Promise.promise();
    call.call()
        .context()
        .runOnContext(turn -> call.call()
            .requests()
            .pause()
            .handler(request -> {
              if (count.incrementAndGet() == 3) {
                third.complete();
              }
            })
            .fetch(3));
    await(third.future());
    peer.ping().ping();
    assertThat(count).hasValue(3);
    assertThat(stream.windowUpdates()).isLessThan(WINDOW);
    stream.reset(8);
  }

  @Test
  void servesOthersWhileOneStreamIsNotRead() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = sendFlood(peer);
    WAITER.next();
    RawResponse other = peer.request(Greeters.sayHello(), hello("Ada")).response();
    assertThat(other.grpcStatus()).hasValue(0);
    stream.reset(8);
  }

  /** Without that, what was left unread would close the window of the connection bit by bit. */
  @Test
  void givesBackTheWindowOfARequestThatNobodyHasRead() {
    ServerOptions options = TestServer.OPTIONS.withTransport(
        new ServerOptions.Transport(WINDOW, WINDOW, 2_000, 0, 240, Duration.ofSeconds(30)));
    WaitingHandler waiter = new WaitingHandler();
    try (TestServer server = TestServer.start(options, waiter::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      for (int i = 0; i < 3; i++) {
        RawStream stream = sendFlood(peer);
        peer.ping();
        waiter.next().reply().complete(greeting("not read"));
        assertThat(stream.response().grpcStatus()).hasValue(0);
        peer.ping();
      }
      assertThat(peer.goAways()).isEmpty();
    }
  }

  @Test
  void stopsAWriterWhoseReaderDoesNotRead() {
    RawHttp2Peer peer = SERVER
        .connect(RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0))
        .keepWindows();
    RawStream stream = peer.request(WaitingHandler.serverStreaming(), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    Writer writer = new Writer(call.call(), 2_000);
    call.call().context().runOnContext(turn -> writer.writeUntilFull());
    stream.headerBlocks(1);
    peer.ping().ping();
    assertThat(stream.soFar().body()).isEmpty();
    assertThat(writer.written.get()).isLessThan(200);

    writer.done.future().onComplete(done -> call.reply().complete(greeting("end")));
    for (int round = 1; round <= 40; round++) {
      stream.windowUpdate(65_000);
      peer.send(8, 0, 0, RawHttp2Peer.integer(65_000));
    }
    assertThat(stream.response().messages()).hasSize(2_000);
    assertThat(stream.soFar().grpcStatus()).hasValue(0);
  }

  /** Writes large messages, a turn at a time, as long as there is room. */
  private static final class Writer {

    private final ServerCall<HelloRequest, HelloReply> call;
    private final int total;
    private final AtomicInteger written = new AtomicInteger();
    private final Promise<Void> done = Promise.promise();

    Writer(ServerCall<HelloRequest, HelloReply> call, int total) {
      this.call = call;
      this.total = total;
    }

    void writeUntilFull() {
      while (written.get() < total) {
        if (call.writeQueueFull()) {
          call.drainHandler(drained -> writeUntilFull());
          return;
        }
        written.incrementAndGet();
        call.send(greeting("a".repeat(1_000)));
      }
      done.tryComplete();
    }
  }
}
