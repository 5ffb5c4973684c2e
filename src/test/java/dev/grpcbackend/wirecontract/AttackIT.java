package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.sayHello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.Program;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import io.vertx.core.net.SelfSignedCertificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Attacks on one server with little memory: it serves others after each of them, is alive after all
 * of them, and has next to nothing in its log.
 */
@Timeout(170)
class AttackIT {

  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int FRAME = 16_384;
  private static final int MAX_LOG_CHARACTERS = 4_096;
  private static final int MAX_FROM_HERE = 300;

  private static Program server;
  private static int port;

  private final List<AutoCloseable> peers = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    server = start("connections.headTimeout=2s", "connections.maxPerAddress=" + MAX_FROM_HERE);
    port = server.awaitPort();
  }

  private static Program start(String... options) {
    List<String> arguments = new ArrayList<>(List.of(
        "serve",
        "--port",
        "0",
        // A machine that is busy with other tests holds up any event loop, which is then in the
        // log.
        "--set",
        "watchdog.enabled=false"));
    for (String option : options) {
      arguments.addAll(List.of("--set", option));
    }
    return Program.jar(List.of("-Xmx128m", "-XX:+ExitOnOutOfMemoryError"), arguments);
  }

  @AfterEach
  void stillServes() throws Exception {
    for (AutoCloseable peer : peers) {
      peer.close();
    }
    // Those that have just left may still be counted, so that the next is one too many.
    boolean served = false;
    while (!served) {
      try (RawHttp2Peer peer = RawHttp2Peer.connect(port)) {
        RawStream call = peer.request(sayHello(), hello("Ada"));
        assertThat(call.response().grpcStatus()).hasValue(0);
        served = true;
      } catch (AssertionError refused) {
        assertThat(refused).hasMessageContaining("the connection ended");
      }
    }
  }

  @AfterAll
  static void isAliveAndQuiet() throws Exception {
    try (Program ending = server) {
      ending.terminate();
      ending.awaitExit();
      assertQuiet(ending);
    }
  }

  private static void assertQuiet(Program program) {
    assertThat(program.output())
        .contains("stopped")
        .doesNotContain("LEAK", "OutOfMemory", "Exception", "\tat ")
        .hasSizeLessThan(MAX_LOG_CHARACTERS);
  }

  @Test
  void callsThatAreResetAtOnceOnManyConnections() {
    for (int i = 0; i < 100; i++) {
      RawHttp2Peer peer = connect();
      for (int j = 0; j < 199; j++) {
        peer.send(Frame.RST_STREAM, 0, peer.open(sayHello()).id(), RawHttp2Peer.integer(8));
      }
    }
    RawHttp2Peer last = connect();
    last.send(Frame.RST_STREAM, 0, last.open(sayHello()).id(), RawHttp2Peer.integer(8));
    assertCalmedDown(last);
  }

  @Test
  void callsThatTheServerIsMadeToReset() {
    RawHttp2Peer peer = connect();
    ByteString none = RawHttp2Peer.integer(0);
    for (int i = 0; i < 3_000 && !peer.isEnded(); i++) {
      peer.send(Frame.WINDOW_UPDATE, 0, peer.open(sayHello()).id(), none);
    }
    assertCalmedDown(peer);
  }

  @Test
  void dataOfSingleBytes() {
    RawHttp2Peer peer = connect();
    RawStream call = peer.open(sayHello());
    ByteString body = hello("A".repeat(60_000));
    for (int i = 0; i < 12_000 && !peer.isEnded(); i++) {
      call.data(body.substring(i, i + 1));
    }
    assertCalmedDown(peer);
  }

  @Test
  void headerBlocksOfManyPieces() {
    RawHttp2Peer peer = connect();
    peer.send(Frame.HEADERS, 0, 1, ByteString.EMPTY);
    for (int i = 0; i < 400; i++) {
      peer.send(Frame.CONTINUATION, 0, 1, ByteString.EMPTY);
    }
    assertCalmedDown(peer);
  }

  @Test
  void headerBlocksOfGreatSize() {
    RawHttp2Peer peer = connect();
    ByteString piece = ByteString.copyFrom(new byte[FRAME]);
    peer.send(Frame.HEADERS, 0, 1, piece);
    for (int i = 0; i < 10; i++) {
      peer.send(Frame.CONTINUATION, 0, 1, piece);
    }
    assertCalmedDown(peer);
  }

  /** References of one byte to a field of 4,000 bytes (RFC 7541, section 2.3). */
  @Test
  void headerBlocksThatGrowWhenTheyAreRead() {
    RawHttp2Peer peer = connect();
    ByteString field = ByteString.copyFrom(new byte[] {0x40, 1, 'a', 0x7F, (byte) 0xA1, 0x1E})
        .concat(ByteString.copyFromUtf8("b".repeat(4_000)));
    byte[] references = new byte[12_000];
    Arrays.fill(references, (byte) 0xBE);
    peer.send(
        Frame.HEADERS,
        Frame.END_HEADERS | Frame.END_STREAM,
        1,
        field.concat(ByteString.copyFrom(references)));
    peer.await("an end", () -> peer.isEnded() || !peer.goAways().isEmpty());
  }

  @Test
  void messagesThatGrowWhenTheyAreRead() {
    ByteString bomb = GrpcFrames.frame(1, GrpcFrames.gzip(ByteString.copyFrom(new byte[32 << 20])));
    RawHttp2Peer peer = connect();
    List<RawStream> calls = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      RawStream call = peer.open(sayHello().with("grpc-encoding", "gzip"));
      calls.add(call.endInFrames(bomb, FRAME));
    }
    calls.forEach(call -> assertThat(call.response().grpcStatus()).hasValue(8));
  }

  @Test
  void readersThatDoNotReadOnManyConnections() {
    ByteString requests = ByteString.EMPTY;
    while (requests.size() < FRAME - 1_000) {
      requests = requests.concat(hello("A".repeat(500)));
    }
    for (int i = 0; i < 100; i++) {
      RawHttp2Peer peer = connect(RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0));
      RawStream chat = peer.open(RequestFields.grpc(Greeters.BIDI));
      for (int sent = 0; sent < 10; sent++) {
        chat.data(requests);
      }
    }
  }

  /** 400 MiB of messages whose last bytes never come. */
  @Test
  void messagesThatAreNeverWhole() {
    RawHttp2Peer peer = connect();
    List<RawStream> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      calls.add(peer.open(sayHello()));
    }
    ByteString piece = GrpcFrames.frame(0, ByteString.copyFrom(new byte[4 << 20]));
    for (int at = 0; at < (4 << 20) - FRAME; at += FRAME) {
      for (RawStream call : calls) {
        call.data(piece.substring(at, at + FRAME));
      }
    }
    assertThat(calls)
        .anySatisfy(call -> assertThat(call.response().resetCode()).hasValue(ENHANCE_YOUR_CALM));
  }

  /** 400 MiB of responses. */
  @Test
  void responsesThatNobodyReads() {
    ByteString large = hello("A".repeat(1 << 20));
    for (int i = 0; i < 4; i++) {
      RawHttp2Peer peer = connect(RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0));
      for (int j = 0; j < 100; j++) {
        peer.open(sayHello()).endInFrames(large, FRAME);
      }
    }
  }

  @Test
  void pingsAndSettingsWhoseAnswersNobodyReads() {
    for (int type : new int[] {Frame.PING, Frame.SETTINGS}) {
      RawHttp2Peer peer = connect();
      ByteString payload = ByteString.copyFrom(new byte[type == Frame.PING ? 8 : 0]);
      for (int i = 0; i < 50_000; i++) {
        peer.send(type, 0, 0, payload);
      }
      assertCalmedDown(peer);
    }
  }

  @Test
  void connectionsThatComeToNothing() {
    List<String> beginnings = List.of("", "PRI * HTTP/2.0\r\n", "POST / HTTP/1.1\r\nhost: a\r\nx");
    List<RawHttp1Peer> slow = new ArrayList<>();
    for (int i = 0; i < MAX_FROM_HERE / 2; i++) {
      RawHttp1Peer peer = connectRaw();
      peer.bytes(ByteString.copyFromUtf8(beginnings.get(i % beginnings.size())));
      slow.add(peer);
    }
    slow.forEach(RawHttp1Peer::awaitEnd);
  }

  @Test
  void moreConnectionsThanOneMayHave() {
    for (int i = 0; i < 2 * MAX_FROM_HERE; i++) {
      connectRaw();
    }
    connectRaw().awaitEnd();
  }

  @Test
  void connectionsThatAreAborted() {
    for (int i = 0; i < 200; i++) {
      RawHttp1Peer.connect(port).bytes(ByteString.copyFromUtf8("PRI")).abort();
      RawHttp2Peer peer = RawHttp2Peer.connect(port);
      peer.request(sayHello(), hello("Ada"));
      peer.abort();
    }
  }

  @Test
  void handshakesThatAreNone() throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
    try (Program secure = start(
        "tls.certFile=" + certificate.certificatePath(),
        "tls.keyFile=" + certificate.privateKeyPath())) {
      int securePort = secure.awaitPort();
      for (int i = 0; i < 200; i++) {
        RawHttp1Peer.connect(securePort)
            .bytes(ByteString.copyFromUtf8("GET /\r\n\r\n"))
            .close();
        RawHttp1Peer.connect(securePort)
            .bytes(ByteString.copyFrom(new byte[] {22, 3, 1, 0, 100, 1}))
            .abort();
      }
      try (RawHttp1Peer last = RawHttp1Peer.connect(securePort)) {
        last.bytes(ByteString.copyFromUtf8("GET /\r\n\r\n"));
      }
      secure.terminate();
      secure.awaitExit();
      assertQuiet(secure);
    } finally {
      certificate.delete();
    }
  }

  private RawHttp2Peer connect() {
    return connect(ByteString.EMPTY);
  }

  private RawHttp2Peer connect(ByteString settings) {
    RawHttp2Peer peer = RawHttp2Peer.connect(port, settings);
    peers.add(peer);
    return peer;
  }

  private RawHttp1Peer connectRaw() {
    RawHttp1Peer peer = RawHttp1Peer.connect(port);
    peers.add(peer);
    return peer;
  }

  private static void assertCalmedDown(RawHttp2Peer peer) {
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(ENHANCE_YOUR_CALM);
    peer.awaitEnd();
  }
}
