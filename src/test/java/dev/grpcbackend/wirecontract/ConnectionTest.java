package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.testing.TestServer.await;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.server.DrainReport;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What concerns the connection: HTTP/1.1, the number of streams, pings and the orderly end. */
@Timeout(120)
class ConnectionTest {

  private static final int REFUSED_STREAM = 7;

  private static final WaitingHandler WAITER = new WaitingHandler();

  private static final ServerOptions.Limits TWO_STREAMS =
      new ServerOptions.Limits(64 << 10, 8 << 10, 2, Duration.ofSeconds(30), Duration.ofHours(1));

  @RegisterExtension
  static final WireServer SERVER =
      new WireServer(TestServer.OPTIONS.withLimits(TWO_STREAMS), WAITER::register);

  @Test
  void answersHttp11WithWhatIsNeededInstead() throws IOException {
    int before = SERVER.starts();
    try (Socket socket = http11("/helloworld.Greeter/SayHello")) {
      String response =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(response).startsWith("HTTP/1.1 505 ").containsIgnoringCase("connection: close");
    }
    assertThat(SERVER.starts()).isEqualTo(before);
  }

  /** The contract ignores upgrades; Vert.x takes them whenever it takes prior knowledge. */
  @Test
  void answersAnUpgrade() throws IOException {
    // To nobody, so that no handler starts that another test would count.
    try (Socket socket = http11(
        "/none/None",
        "connection: upgrade, http2-settings",
        "upgrade: h2c",
        "http2-settings: AAMAAABkAAQAAP__")) {
      String start = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      assertThat(start).isIn("HTTP/1.1 505", "HTTP/1.1 101");
    }
  }

  private static Socket http11(String path, String... moreHeaders) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port());
    socket.setSoTimeout(8_000);
    List<String> lines = new ArrayList<>(List.of(
        "POST " + path + " HTTP/1.1",
        "host: localhost",
        "content-type: application/grpc",
        "te: trailers",
        "content-length: 10"));
    lines.addAll(List.of(moreHeaders));
    String request = String.join("\r\n", lines) + "\r\n\r\n\0\0\0\0\5\n\3Ada";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return socket;
  }

  @Test
  void refusesStreamsBeyondTheLimitAndServesTheOthers() {
    RawHttp2Peer peer = SERVER.connect();
    int before = SERVER.starts();
    RawStream first = peer.request(WaitingHandler.unary(), hello("Ada"));
    WaitingHandler.Started firstCall = WAITER.next();
    RawStream second = peer.request(WaitingHandler.unary(), hello("Bob"));
    WaitingHandler.Started secondCall = WAITER.next();

    RawStream third = peer.openAndEnd(Greeters.sayHello());
    assertThat(third.response().resetCode()).hasValue(REFUSED_STREAM);

    firstCall.reply().complete(greeting("Ada"));
    assertThat(first.response().grpcStatus()).hasValue(0);
    secondCall.reply().complete(greeting("Bob"));
    new Outcome(SERVER, peer, second.response(), before)
        .greets("Bob")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void answersPingsWhileACallWaits() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.request(WaitingHandler.unary(), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    peer.ping();
    call.reply().complete(greeting("Ada"));
    assertThat(stream.response().grpcStatus()).hasValue(0);
  }

  @Test
  void servesWhatWasBegunBeforeTheEndAndRefusesTheRest() {
    WaitingHandler waiter = new WaitingHandler();
    ServerOptions options =
        TestServer.OPTIONS.withDrain(new ServerOptions.Drain(Duration.ZERO, Duration.ofSeconds(8)));
    try (TestServer server = TestServer.start(options, waiter::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream early = peer.request(WaitingHandler.unary(), hello("Ada"));
      WaitingHandler.Started call = waiter.next();
      Future<DrainReport> drain = server.verticle().drain();

      Frame warning = peer.goAway(frame -> true);
      assertThat(warning.integer(0)).isEqualTo(Integer.MAX_VALUE);
      Frame last = peer.goAway(frame -> frame.integer(0) < Integer.MAX_VALUE);
      assertThat(last.integer(0)).isEqualTo(early.id());
      assertThat(last.integer(4)).isZero();
      assertThat(call.cancelled().isComplete()).isFalse();

      RawStream late = peer.request(WaitingHandler.unary(), hello("Late"));
      assertThat(late.response().resetCode()).hasValue(REFUSED_STREAM);
      assertThat(late.soFar().headerBlocks()).isEmpty();
      peer.ping();

      call.reply().complete(greeting("Ada"));
      assertThat(early.response().grpcStatus()).hasValue(0);
      peer.awaitEnd();
      assertThat(await(drain)).isEqualTo(new DrainReport(1, 0));
    }
  }

  @Test
  void servesWhatIsBegunBeforeTheLastStreamIsNamed() {
    WaitingHandler waiter = new WaitingHandler();
    ServerOptions options =
        TestServer.OPTIONS.withDrain(new ServerOptions.Drain(Duration.ZERO, Duration.ofSeconds(8)));
    try (TestServer server = TestServer.start(options, waiter::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      peer.request(Greeters.sayHello(), hello("Ada")).response();
      Future<DrainReport> drain = server.verticle().drain();
      peer.goAway(frame -> frame.integer(0) == Integer.MAX_VALUE);
      // Before the ping that follows the warning is answered.
      RawStream between = peer.request(WaitingHandler.unary(), hello("Bob"));
      WaitingHandler.Started call = waiter.next();

      Frame last = peer.goAway(frame -> frame.integer(0) < Integer.MAX_VALUE);
      assertThat(last.integer(0)).isEqualTo(between.id());
      call.reply().complete(greeting("Bob"));
      assertThat(between.response().grpcStatus()).hasValue(0);
      peer.awaitEnd();
      assertThat(await(drain).cut()).isZero();
    }
  }

  @Test
  void drainsWhileAnHttp11ConnectionIsOpen() throws IOException {
    try (TestServer server = TestServer.start(none -> {});
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(8_000);
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      assertThat(await(server.verticle().drain())).isEqualTo(new DrainReport(0, 0));
    }
  }

  @Test
  void endsCallsThatOutliveTheDrainWithUnavailable() {
    WaitingHandler waiter = new WaitingHandler();
    try (TestServer server = TestServer.start(waiter::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream stream = peer.request(WaitingHandler.unary(), hello("Ada"));
      WaitingHandler.Started call = waiter.next();
      Future<DrainReport> drain = server.verticle().drain();
      assertThat(stream.response().grpcStatus()).hasValue(14);
      assertThat(await(call.cancelled()).code().code).isEqualTo(14);
      assertThat(await(drain)).isEqualTo(new DrainReport(1, 1));
    }
  }
}
