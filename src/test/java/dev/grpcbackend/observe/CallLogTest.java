package dev.grpcbackend.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class CallLogTest {

  private static final RequestFields HELLO = RequestFields.grpc("/helloworld.Greeter/SayHello");
  private static final HelloRequest ADA =
      HelloRequest.newBuilder().setName("Ada").build();
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private static final CallLogOptions TEXT = CallLogOptions.DEFAULTS;

  private final Path folder;

  CallLogTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private ServerOptions with(CallLogOptions.Format format, int sampleEvery, boolean requestIds) {
    return TestServer.OPTIONS.withCallLog(new CallLogOptions(
        file().toString(), format, sampleEvery, Duration.ZERO, requestIds, TEXT.exempt()));
  }

  private Path file() {
    return folder.resolve("calls.log");
  }

  private List<String> linesOf(ServerOptions options, Consumer<RawHttp2Peer> calls)
      throws IOException {
    try (TestServer server = TestServer.start(
            options,
            builder -> builder
                .service(new GreeterService())
                .method(BoundMethod.of(
                    "log.Test/Fails",
                    Request.class,
                    Response.class,
                    ServerCalls.unary((request, call) -> Future.failedFuture(
                        Status.NOT_FOUND.withDescription(request.getText()).asException())))));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      calls.accept(peer);
    }
    return Files.readAllLines(file());
  }

  private static RawResponse hello(RawHttp2Peer peer, RequestFields fields) {
    return peer.request(fields, GrpcFrames.message(ADA)).response();
  }

  private static RawResponse fail(RawHttp2Peer peer, String text) {
    return peer.request(
            RequestFields.grpc("/log.Test/Fails"),
            GrpcFrames.message(Request.newBuilder().setText(text).build()))
        .response();
  }

  @Test
  void writesWhatBecameOfACall() throws Exception {
    List<String> lines = linesOf(
        with(CallLogOptions.Format.TEXT, 1, false),
        peer -> hello(
            peer,
            HELLO
                .with("grpc-timeout", "20S")
                .and("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                .and("x-request-id", "order-7")
                .and("authorization", "Bearer secret")
                .and("secret", "secret")));
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0))
        .matches("time=20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z protocol=grpc "
            + "method=helloworld\\.Greeter/SayHello peer=127\\.0\\.0\\.1:\\d+ status=OK "
            + "duration_ms=\\d+\\.\\d{3} req_messages=1 req_bytes=5 resp_messages=1 resp_bytes=11 "
            + "deadline_ms=1\\d{4} trace_id=" + TRACE + " request_id=order-7");
  }

  @Test
  void writesTheSameAsJson() throws Exception {
    List<String> lines = linesOf(with(CallLogOptions.Format.JSON, 1, false), peer -> {
      fail(peer, "no \"order\" 7\\");
      peer.openAndEnd(RequestFields.grpc("/no.Such/Method")).response();
    });
    JsonObject failed = JsonParser.parseString(lines.get(0)).getAsJsonObject();
    assertThat(Instant.parse(failed.get("time").getAsString())).isBefore(Instant.now());
    assertThat(failed.get("method").getAsString()).isEqualTo("log.Test/Fails");
    assertThat(failed.get("status").getAsString()).isEqualTo("NOT_FOUND");
    assertThat(failed.get("message").getAsString()).isEqualTo("no \"order\" 7\\");
    assertThat(failed.get("resp_bytes").getAsInt()).isZero();
    JsonObject unknown = JsonParser.parseString(lines.get(1)).getAsJsonObject();
    assertThat(unknown.get("method").getAsString()).isEqualTo("no.Such/Method");
    assertThat(unknown.get("status").getAsString()).isEqualTo("UNIMPLEMENTED");
    assertThat(lines).hasSize(2);
  }

  @Test
  void keepsALineALineWhateverCallersSend() throws Exception {
    String hostile = "a\nstatus=OK \u001b[2J\u2028\u202e\ud800 \u00e9\ud83d\ude00";
    for (CallLogOptions.Format format : CallLogOptions.Format.values()) {
      Files.deleteIfExists(file());
      List<String> lines = linesOf(with(format, 1, false), peer -> {
        fail(peer, hostile.replace("\ud800", ""));
        fail(peer, "x".repeat(2_000));
        hello(peer, HELLO.and("x-request-id", "a b").and("traceparent", "00-short"));
        hello(peer, HELLO.and("x-request-id", "a".repeat(65)));
        hello(peer, HELLO.and("traceparent", "00-" + "0".repeat(32) + "-00f067aa0ba902b7-01"));
      });
      assertThat(lines).hasSize(5);
      assertThat(lines.get(0))
          .contains("\"a\\u000astatus=OK \\u001b[2J\\u2028\\u202e \u00e9\ud83d\ude00\"");
      assertThat(lines.get(1)).contains("x".repeat(512) + "...\"").doesNotContain("x".repeat(513));
      assertThat(lines.subList(2, 5))
          .noneMatch(line -> line.contains("request_id") || line.contains("trace_id"));
    }
  }

  @Test
  void escapesHalfACharacter() {
    LogLine line = new LogLine(true);
    byte[] bytes = new byte[LogLine.MAX_BYTES];
    line.start(bytes, 0);
    line.text(LogField.METHOD, "\ud800x\udc00");
    line.text(LogField.MESSAGE, "x".repeat(LogLine.MAX_VALUE - 1) + "\ud83d\ude00");
    assertThat(new String(bytes, 0, line.end(), UTF_8))
        .startsWith(",\"method\":\"\\ud800x\\udc00\",")
        .endsWith("x\\ud83d...\"}\n");
  }

  @Test
  void writesOneInSoManyThatSucceedAndAllThatFail() throws Exception {
    List<String> lines = linesOf(with(CallLogOptions.Format.TEXT, 5, false), peer -> {
      for (int i = 0; i < 10; i++) {
        hello(peer, HELLO);
        fail(peer, "");
      }
    });
    assertThat(lines.stream().filter(line -> line.contains("status=OK"))).hasSize(2);
    assertThat(lines.stream().filter(line -> line.contains("status=NOT_FOUND"))).hasSize(10);
  }

  @Test
  void writesWhatIsSlowWhateverTheSample() throws Exception {
    ServerOptions options = TestServer.OPTIONS.withCallLog(new CallLogOptions(
        file().toString(), TEXT.format(), 1_000, Duration.ofNanos(1), false, List.of()));
    assertThat(linesOf(options, peer -> hello(peer, HELLO)))
        .singleElement()
        .asString()
        .contains(" slow=true ");
  }

  @Test
  void leavesOutWhatItIsToldTo() throws Exception {
    ServerOptions options = TestServer.OPTIONS.withCallLog(new CallLogOptions(
        file().toString(), TEXT.format(), 1, Duration.ZERO, false, List.of("helloworld.Greeter")));
    List<String> lines = linesOf(options, peer -> {
      hello(peer, HELLO);
      fail(peer, "seen");
    });
    assertThat(lines).singleElement().asString().contains("message=seen");
  }

  @Test
  void tellsTheCallerTheIdOfTheRequest() throws Exception {
    List<RawResponse> responses = new java.util.ArrayList<>();
    List<String> lines = linesOf(with(CallLogOptions.Format.TEXT, 1, true), peer -> {
      responses.add(hello(peer, HELLO.and("x-request-id", "order-7")));
      responses.add(hello(peer, HELLO.and("x-request-id", "no\u00e9")));
      responses.add(fail(peer, "gone"));
    });
    assertThat(responses.get(0).header("x-request-id")).hasValue("order-7");
    for (int i = 0; i < 3; i++) {
      String sent = responses.get(i).header("x-request-id").orElseThrow();
      assertThat(lines.get(i)).endsWith(" request_id=" + sent);
    }
    assertThat(responses.get(1).header("x-request-id").orElse("")).hasSize(16);
  }

  @Test
  void isWrittenWhileTheServerRuns() throws Exception {
    try (TestServer server = TestServer.start(
            with(CallLogOptions.Format.TEXT, 1, false),
            builder -> builder.service(new GreeterService()));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      for (int calls = 1; calls <= 3; calls++) {
        hello(peer, HELLO);
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (Files.readAllLines(file()).size() < calls) {
          assertThat(System.nanoTime()).as("10 s have passed").isLessThan(end);
          Thread.onSpinWait();
        }
      }
    }
  }

  @Test
  void appendsToWhatIsThere() throws Exception {
    ServerOptions options = with(CallLogOptions.Format.TEXT, 1, false);
    linesOf(options, peer -> hello(peer, HELLO));
    assertThat(linesOf(options, peer -> hello(peer, HELLO))).hasSize(2);
  }

  @Test
  void doesNotStartWithoutAFileToWriteTo() {
    CallLogOptions nowhere = new CallLogOptions(
        folder.resolve("none/calls.log").toString(),
        TEXT.format(),
        1,
        Duration.ZERO,
        false,
        List.of());
    assertThatThrownBy(
            () -> TestServer.start(TestServer.OPTIONS.withCallLog(nowhere), builder -> {})
                .close())
        .hasStackTraceContaining("calls.log (expected: a file that can be written");
  }

  @Test
  void writesNumbersOfAnySize() {
    LogLine line = new LogLine(false);
    for (long value : new long[] {
      0, 9, 10, 99, 100, 999_999_999, 1_000_000_000, Long.MAX_VALUE, -1, Long.MIN_VALUE
    }) {
      byte[] bytes = new byte[LogLine.MAX_BYTES];
      line.start(bytes, 0);
      line.number(LogField.REQ_BYTES, value);
      assertThat(new String(bytes, 0, line.end(), UTF_8)).isEqualTo(" req_bytes=" + value + "\n");
    }
  }

  @Test
  void countsWhatItHasNoRoomFor() {
    LogBuffer buffer = new LogBuffer(false, new LogFile.Wake() {
      @Override
      public void first() {}

      @Override
      public void pressing() {}
    });
    int lines = 0;
    for (int bytes = 0; bytes < LogBuffer.MAX_BYTES + 10_000; bytes += LogLine.MAX_VALUE) {
      synchronized (buffer) {
        LogLine line = buffer.start(System.nanoTime());
        if (line != null) {
          line.text(LogField.MESSAGE, "x".repeat(LogLine.MAX_VALUE));
          buffer.end();
        }
      }
      lines++;
    }
    LogBuffer.Block block = new LogBuffer.Block();
    buffer.take(block);
    assertThat(block.lost()).isPositive();
    long kept = new String(block.bytes(), 0, block.size(), UTF_8).lines().count();
    assertThat(kept + block.lost()).isEqualTo(lines);
    buffer.take(block);
    assertThat(block.size() + block.lost()).isZero();
  }
}
