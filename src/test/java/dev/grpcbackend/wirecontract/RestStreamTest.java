package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.echo.Everything;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Server-streaming methods by REST: lines, events and content, their end, and who waits for whom. */
@Timeout(120)
class RestStreamTest {

  private static final String EVENTS = "accept: text/event-stream";

  private static final EchoService ECHO = new EchoService();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(ECHO::register);

  /** Calls of a second server, each of which does what the test says. */
  private static final BlockingQueue<Held> HELD = new LinkedBlockingQueue<>();

  @RegisterExtension
  static final WireServer HOLDING = new WireServer(RestStreamTest::hold);

  private static final RestPeer REST = new RestPeer(SERVER);
  private static final RestPeer HOLDING_REST = new RestPeer(HOLDING);

  private record Held(
      ServerCall<Everything, Everything> call, Promise<Void> end, Future<Status> cancelled) {

    static Held next() {
      try {
        Held held = HELD.poll(Patience.SECONDS, TimeUnit.SECONDS);
        assertThat(held).as("a started call").isNotNull();
        return held;
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new AssertionError(interrupted);
      }
    }
  }

  private static void hold(GrpcServerVerticle.Builder server) {
    server
        .method(BoundMethod.of(
            "echo.v1.Echo/Watch",
            Everything.class,
            Everything.class,
            ServerCalls.serverStreaming((request, call) -> {
              call.send(request);
              return held(call);
            })))
        .method(BoundMethod.of(
            "echo.v1.Echo/Get",
            Everything.class,
            Everything.class,
            ServerCalls.unary((request, call) -> held(call).map(request))));
  }

  private static Future<Void> held(ServerCall<Everything, Everything> call) {
    Promise<Void> end = Promise.promise();
    HELD.add(new Held(call, end, call.cancelled()));
    return end.future();
  }

  @Test
  void sendsOneMessageALine() {
    RestPeer.Reply reply = REST.get("/v1/watch/a");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).hasValue("application/x-ndjson");
    assertThat(reply.body()).isEqualTo("""
            {"text":"a"}
            {"text":"a","int32Value":1}
            {"text":"a","int32Value":2}
            """);
    assertThat(REST.send("POST", "/v1/watch", "{\"text\":\"a\"}")).isEqualTo(reply);
  }

  @Test
  void sendsOneFieldALineWhereTheRuleSaysSo() {
    assertThat(REST.get("/v1/watch/a/texts?texts=x").body()).isEqualTo("[\"x\"]\n".repeat(3));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        EVENTS,
        "accept: application/json;q=0.5, Text/Event-Stream",
        "accept: */*\n" + EVENTS
      })
  void sendsEventsWhereTheyAreAskedFor(String accept) {
    RestPeer.Reply reply = REST.call("GET", "/v1/watch/a", accept, "");
    assertThat(reply.header("content-type")).hasValue("text/event-stream");
    assertThat(reply.body()).isEqualTo("""
            data: {"text":"a"}

            data: {"text":"a","int32Value":1}

            data: {"text":"a","int32Value":2}

            event: end
            data: {}

            """);
  }

  @Test
  void failsAsUsualBeforeTheFirstMessage() {
    REST.get("/v1/watch/fail-5?flag=true").fails(404, 5, "no \"such\" thing");
    REST.call("GET", "/v1/watch/fail-7?flag=true", EVENTS, "").fails(403, 7, "failed");
    REST.get("/v1/watch/a?nme=b").fails(400, 3, "unknown field \"nme\"");
  }

  @Test
  void failsByALastLineAfterTheFirstMessage() {
    RestPeer.Reply reply = REST.get("/v1/watch/fail-5");
    assertThat(reply.status()).isEqualTo(200);
    List<String> lines = reply.body().lines().toList();
    assertThat(lines).hasSize(EchoService.MESSAGES + 1);
    assertThat(lines.get(EchoService.MESSAGES))
        .startsWith("{\"error\":{\"code\":5,\"message\":\"no \\\"such\\\" thing\",\"details\":[{")
        .contains("\"reason\":\"GONE\"");
  }

  @Test
  void failsByALastEventAfterTheFirstMessage() {
    RestPeer.Reply reply = REST.call("GET", "/v1/watch/fail-7", EVENTS, "");
    assertThat(reply.body()).endsWith("""

            event: error
            data: {"error":{"code":7,"message":"failed","details":[]}}

            """);
  }

  @Test
  void sendsContentInParts() {
    RestPeer.Reply reply = REST.get("/v1/raw/a:parts?tags=text/csv");
    assertThat(reply.header("content-type")).hasValue("text/csv");
    assertThat(reply.body()).isEqualTo("part0part1part2");
  }

  @Test
  void cutsContentShortThatFails() {
    RawStream stream = SERVER.connect().openAndEnd(get("/v1/raw/fail-5:parts"));
    assertThat(stream.reset().resetCode()).hasValue(2);
    String request = "GET /v1/raw/fail-5:parts HTTP/1.1\r\nHost: localhost\r\n\r\n";
    byte[] response = REST.raw(ByteString.copyFromUtf8(request));
    // Without the last chunk, which has no bytes.
    assertThat(new String(response, StandardCharsets.ISO_8859_1)).doesNotContain("\r\n0\r\n");
  }

  @Test
  void answersHeadWithTheHeadAlone() {
    RestPeer.Reply reply = REST.call("HEAD", "/v1/watch/a", "", "");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).hasValue("application/x-ndjson");
    assertThat(reply.body()).isEmpty();
  }

  @Test
  void sendsAMessageWithoutWaitingForTheNext() throws IOException {
    RawStream stream = HOLDING.connect().openAndEnd(get("/v1/watch/a"));
    assertThat(stream.body(13).body().toStringUtf8()).isEqualTo("{\"text\":\"a\"}\n");
    Held.next().end().complete();
    stream.response();

    try (Socket socket = open("GET /v1/watch/a HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
      StringBuilder received = new StringBuilder();
      while (received.indexOf("{\"text\":\"a\"}\n") < 0) {
        int next = socket.getInputStream().read();
        assertThat(next).as(received.toString()).isNotNegative();
        received.append((char) next);
      }
      Held.next().end().complete();
    }
  }

  @Test
  void tellsTheHandlerThatTheCallerHasGone() throws IOException {
    for (String target : List.of("/v1/watch/a", "/v1/echo/a")) {
      RawStream stream = HOLDING.connect().openAndEnd(get(target));
      Held held = Held.next();
      stream.reset(8);
      assertThat(await(held.cancelled()).code().code).isEqualTo(1);

      Socket socket = open("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      held = Held.next();
      socket.close();
      assertThat(await(held.cancelled()).code().code).isEqualTo(1);
    }
  }

  @Test
  void endsAtTheDeadline() {
    RestPeer.Reply reply = HOLDING_REST.call("GET", "/v1/watch/a", "grpc-timeout: 50m", "");
    assertThat(reply.body()).startsWith("{\"text\":\"a\"}\n{\"error\":{\"code\":4,");
    HOLDING_REST.call("GET", "/v1/echo/a", "grpc-timeout: 50m", "").fails(504, 4, "");
    for (int i = 0; i < 4; i++) {
      assertThat(await(Held.next().cancelled()).code().code).isEqualTo(4);
    }
  }

  @Test
  void stopsAWriterWhoseReaderDoesNotRead() {
    RawHttp2Peer peer = HOLDING
        .connect(RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0))
        .keepWindows();
    RawStream stream = peer.openAndEnd(get("/v1/watch/a"));
    Held held = Held.next();
    stream.headerBlocks(1);
    Promise<Integer> written = Promise.promise();
    Promise<Void> room = Promise.promise();
    held.call().context().runOnContext(turn -> {
      // Before the first write: there may be room before the next turn.
      held.call().drainHandler(room::tryComplete);
      write(held.call(), 0, written);
    });
    assertThat(await(written.future())).isLessThan(200);
    assertThat(room.future().isComplete()).isFalse();

    stream.windowUpdate(2_000_000);
    peer.send(8, 0, 0, RawHttp2Peer.integer(2_000_000));
    await(room.future());
    held.end().complete();
    assertThat(stream.response().body().toStringUtf8().lines())
        .hasSize(1 + await(written.future()));
  }

  private static void write(
      ServerCall<Everything, Everything> call, int count, Promise<Integer> written) {
    if (call.writeQueueFull() || count == 10_000) {
      written.complete(count);
      return;
    }
    call.send(Everything.newBuilder().setText("a".repeat(10_000)).build());
    call.context().runOnContext(turn -> write(call, count + 1, written));
  }

  private static Socket open(String request) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), HOLDING.port());
    socket.setSoTimeout(8_000);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
    return socket;
  }

  private static RequestFields get(String target) {
    return RequestFields.grpc(target).with(":method", "GET").without("te").without("content-type");
  }
}
