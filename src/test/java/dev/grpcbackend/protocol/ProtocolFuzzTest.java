package dev.grpcbackend.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.testing.Fuzzed;
import dev.grpcbackend.testing.echo.Everything;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/**
 * Paths, queries, heads and JSON under bytes of all kinds. Without {@code JAZZER_FUZZ=1} the committed
 * inputs are replayed.
 */
class ProtocolFuzzTest {

  private static final MethodTable METHODS = methods();

  private static final JsonFormat.Parser PEER = JsonFormat.parser()
      .usingTypeRegistry(
          TypeRegistry.newBuilder().add(Everything.getDescriptor()).build());

  private static MethodTable methods() {
    MethodTable methods = new MethodTable();
    methods.add(BoundMethod.of(
        "echo.v1.Echo/Get",
        Everything.class,
        Everything.class,
        ServerCalls.unary((request, call) -> Future.succeededFuture(request))));
    return methods;
  }

  private static boolean isRefused(Object outcome) {
    if (outcome instanceof Status status) {
      assertThat(status.code()).isEqualTo(Status.INVALID_ARGUMENT.code());
      return true;
    }
    return false;
  }

  @FuzzTest
  void percentText(byte[] input) {
    String text = Fuzzed.text(input);
    Object segment = Fuzzed.outcome(() -> PercentText.segment(text));
    Object ofMany = Fuzzed.outcome(() -> PercentText.segmentOfMany(text));
    Object query = Fuzzed.outcome(() -> PercentText.query(text));
    assertThat(isRefused(segment)).isEqualTo(isRefused(ofMany)).isEqualTo(isRefused(query));
    if (segment instanceof String decoded) {
      assertThat(decoded).doesNotContain("\0");
      assertThat(query)
          .isEqualTo(Fuzzed.outcome(() -> PercentText.segment(text.replace("+", "%20"))));
    }
  }

  /** Only the very path finds a method, and whatever else is said of a path is printable. */
  @FuzzTest
  void methodPath(byte[] input) {
    String path = Fuzzed.text(input);
    assertThat(METHODS.find(path) != null).isEqualTo(path.equals("/echo.v1.Echo/Get"));
    Status refusal =
        Refusals.isPath(path) ? Refusals.unknown(path, METHODS) : Refusals.noPath(path);
    assertThat(refusal.description().length()).isLessThan(600);
  }

  @FuzzTest
  void restPath(byte[] input) {
    String path = "/" + Fuzzed.text(input);
    Object parsed = Fuzzed.outcome(() -> RequestPath.parse(path));
    if (!isRefused(parsed) && parsed instanceof RequestPath request) {
      assertThat(request.segments()).doesNotContain("", ".", "..");
    }
    try {
      PathTemplate template = PathTemplate.parse(path);
      assertThat(template.segments()).isNotEmpty();
      for (PathTemplate.Variable variable : template.variables()) {
        assertThat(variable.to()).isGreaterThan(variable.from());
      }
    } catch (IllegalArgumentException malformed) {
      assertThat(malformed).hasMessageStartingWith("path template: ");
    }
  }

  @FuzzTest
  void connectQuery(byte[] input) {
    Object parsed = Fuzzed.outcome(() -> ConnectQuery.parse(Fuzzed.text(input)));
    if (!isRefused(parsed) && parsed instanceof ConnectQuery query) {
      isRefused(Fuzzed.outcome(() -> {
        query.checkVersion();
        return true;
      }));
      isRefused(Fuzzed.outcome(query::encoding));
      Object message = Fuzzed.outcome(query::message);
      assertThat(isRefused(message) || message instanceof Buffer).isTrue();
      assertThat(query.compression()).isNotNull();
    }
  }

  @FuzzTest
  void requestHead(byte[] input) {
    RequestHead head = RequestHead.read(Fuzzed.headers(input));
    assertThat(head.metadataBytes()).isGreaterThanOrEqualTo(0);
    assertThat(head.timeoutNanos()).isGreaterThanOrEqualTo(-1);
    assertThat(Protocol.mediaType(head.contentType())).isNotNull();
    assertThat(head.timeoutNanos() >= 0 || head.refusal() != null).isTrue();
  }

  /** What we read, protobuf's own reader reads as the same; and what we print we read. */
  @FuzzTest
  void json(byte[] input) throws Exception {
    Everything read;
    try {
      read =
          (Everything) JsonTest.JSON.read(input, 0, input.length, Everything.getDefaultInstance());
    } catch (JsonException malformed) {
      assertThat(malformed.getMessage()).isNotEmpty();
      return;
    }
    Everything.Builder peer = Everything.newBuilder();
    PEER.merge(new String(input, StandardCharsets.UTF_8), peer);
    assertThat(read).isEqualTo(peer.build());
    byte[] printed;
    try {
      printed = JsonTest.JSON.print(read);
    } catch (JsonException noForm) {
      return;
    }
    assertThat(JsonTest.JSON.read(printed, 0, printed.length, Everything.getDefaultInstance()))
        .isEqualTo(read);
  }
}
