package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.BIDI;
import static dev.grpcbackend.wirecontract.Greeters.CLIENT_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.SERVER_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Connect's three streaming shapes: envelopes, the JSON at the end, and what breaks them. */
@Timeout(120)
class ConnectStreamTest {

  private static final String TYPE = "application/connect+proto";

  @RegisterExtension
  static final WireServer SERVER = new WireServer(server -> server
      .method(Greeters.method("test.Failing/Rich", ServerCalls.serverStreaming((request, call) -> {
        call.responseHeaders().add("x-head", "1");
        call.trailers().add("x-tail", "2").add("x-tail", "3").add("x-tail-bin", "AAEC/w==");
        if (!request.getName().isEmpty()) {
          call.send(greeting(request.getName()));
        }
        return Future.failedFuture(RichStatus.asException(com.google.rpc.Status.newBuilder()
            .setCode(Code.ABORTED_VALUE)
            .setMessage("no \"more\" of \u2028 it")
            .addDetails(Any.pack(named("Ada")))
            .build()));
      })))
      .method(Greeters.method(
          "test.Failing/Never",
          ServerCalls.serverStreaming((request, call) -> Promise.<Void>promise().future()))));

  private static RequestFields post(String path) {
    return RequestFields.post(path, TYPE);
  }

  private static void greets(WebOutcome outcome, String... names) {
    outcome.http(200).header("content-type", TYPE);
    assertThat(outcome.response().connectEnd()).isEqualTo(new JsonObject());
    assertThat(outcome.response().connectMessages())
        .containsExactly(java.util.Arrays.stream(names)
            .map(name -> greeting(name).toByteString())
            .toArray(ByteString[]::new));
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void streamsToAndFromTheServer(WebVersion version) {
    greets(version.call(SERVER, post(SERVER_STREAMING), hello("Ada")), "Ada", "Ada again");
    greets(
        version.call(SERVER, post(CLIENT_STREAMING), hello("Ada").concat(hello("Bob"))),
        "Ada, Bob");
    greets(version.call(SERVER, post(CLIENT_STREAMING), ByteString.EMPTY), "");
  }

  @Test
  void talksBothWaysOverHttp2Only() {
    var stream = SERVER.connect().open(post(BIDI)).data(hello("Ada"));
    ByteString first = GrpcFrames.message(greeting("Ada"));
    assertThat(stream.body(first.size()).body()).isEqualTo(first);
    stream.end(hello("Bob"));
    WebResponse response = WebResponse.of(stream.response());
    assertThat(response.connectMessages()).hasSize(2);

    var old = SERVER.connectHttp1().request(post(BIDI), hello("Ada"));
    WebResponse refusal = old.response();
    assertThat(refusal.status()).isEqualTo(505);
    assertThat(refusal.header("connection")).hasValue("close");
    old.awaitEnd();
  }

  @ParameterizedTest
  @EnumSource
  void speaksJson(WebVersion version) {
    WebOutcome outcome = version.call(
        SERVER,
        RequestFields.post(SERVER_STREAMING, "application/connect+json; charset=utf-8"),
        GrpcFrames.frame(0, ByteString.copyFromUtf8("{\"name\":\"Ada\"}")));
    outcome.http(200).header("content-type", "application/connect+json");
    assertThat(outcome.response().connectMessages())
        .containsExactly(
            ByteString.copyFromUtf8("{\"message\":\"Hello Ada\"}"),
            ByteString.copyFromUtf8("{\"message\":\"Hello Ada again\"}"));
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @CsvSource({"'', 0", "Ada, 1"})
  void failsAtTheEndWithMetadataAndDetails(String name, int messages) {
    for (WebVersion version : WebVersion.values()) {
      WebOutcome outcome = version.call(SERVER, post("/test.Failing/Rich"), hello(name));
      outcome.connectEnd("aborted", "no \"more\" of \u2028 it").header("x-head", "1");
      assertThat(outcome.response().connectMessages()).hasSize(messages);
      JsonObject metadata = outcome.response().connectEnd().getAsJsonObject("metadata");
      assertThat(metadata.keySet()).containsExactlyInAnyOrder("x-tail", "x-tail-bin");
      JsonArray both = new JsonArray();
      both.add("2");
      both.add("3");
      assertThat(metadata.get("x-tail")).isEqualTo(both);
      assertThat(metadata.getAsJsonArray("x-tail-bin").get(0).getAsString()).isEqualTo("AAEC/w");
      JsonObject error = outcome.response().connectEnd().getAsJsonObject("error");
      assertThat(error.getAsJsonArray("details")).hasSize(1);
      outcome.noHandlerAndConnectionSurvives();
    }
  }

  static List<Arguments> badBodies() {
    ByteString good = hello("Ada");
    ByteString zip = GrpcFrames.gzip(named("Ada").toByteString());
    ByteString bomb = GrpcFrames.gzip(ByteString.copyFrom(new byte[1 << 20]));
    List<Arguments> all = new ArrayList<>();
    all.add(Arguments.of("none", "unimplemented", "got 0", "", ByteString.EMPTY));
    all.add(Arguments.of("two", "unimplemented", "got more", "", good.concat(good)));
    all.add(Arguments.of("half a prefix", "invalid_argument", "within", "", good.substring(0, 3)));
    all.add(Arguments.of("half a message", "invalid_argument", "within", "", good.substring(0, 7)));
    for (int flags : new int[] {2, 4, 8, 16, 32, 64, 128}) {
      all.add(Arguments.of(
          "flag " + flags,
          "internal",
          "flags: " + flags,
          "",
          GrpcFrames.frame(flags, named("Ada").toByteString())));
    }
    all.add(Arguments.of("undeclared gzip", "internal", "compress", "", GrpcFrames.frame(1, zip)));
    all.add(Arguments.of(
        "gzip as identity", "internal", "compress", "identity", GrpcFrames.frame(1, zip)));
    all.add(Arguments.of("no gzip", "invalid_argument", "gzip", "gzip", GrpcFrames.frame(1, good)));
    all.add(Arguments.of("bomb", "resource_exhausted", "limit", "gzip", GrpcFrames.frame(1, bomb)));
    all.add(Arguments.of(
        "no message",
        "invalid_argument",
        "decoded",
        "",
        GrpcFrames.frame(0, ByteString.copyFromUtf8("\12\11A"))));
    all.add(Arguments.of(
        "too large", "resource_exhausted", "limit", "", GrpcFrames.prefix(0, 0xFFFF_FFFFL)));
    return all;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badBodies")
  void answersABadBody(String what, String code, String message, String encoding, ByteString body) {
    RequestFields fields = encoding.isEmpty()
        ? post(SERVER_STREAMING)
        : post(SERVER_STREAMING).with("connect-content-encoding", encoding);
    for (WebVersion version : WebVersion.values()) {
      version.call(SERVER, fields, body).connectEnd(code, message).noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "connect-protocol-version, 2, invalid_argument",
    "connect-timeout-ms, abc, invalid_argument",
    "connect-timeout-ms, 12345678901, invalid_argument",
    "connect-timeout-ms, 0, deadline_exceeded",
    "connect-content-encoding, br, unimplemented",
    "x-bytes-bin, ?, invalid_argument"
  })
  void refusesABadHeadAtTheEndOfAStream(String name, String value, String code) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, post(SERVER_STREAMING).with(name, value), hello("Ada"))
          .connectEnd(code, "")
          .header("connect-accept-encoding", "gzip")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsAStreamAtItsDeadline(WebVersion version) {
    version
        .call(SERVER, post("/test.Failing/Never").with("connect-timeout-ms", "50"), hello("Ada"))
        .connectEnd("deadline_exceeded", "deadline")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @EnumSource
  void compressesBothWays(WebVersion version) {
    String name = "a".repeat(2_000);
    WebOutcome outcome = version.call(
        SERVER,
        post(SERVER_STREAMING)
            .with("connect-content-encoding", "gzip")
            .with("connect-accept-encoding", "br,gzip"),
        GrpcFrames.gzipped(named(name)));
    outcome.http(200).header("connect-content-encoding", "gzip");
    List<ByteString> frames = GrpcFrames.split(outcome.response().body());
    assertThat(frames).hasSize(3);
    assertThat(frames.get(0).byteAt(0)).isEqualTo((byte) 1);
    assertThat(frames.get(0).size()).isLessThan(200);
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void compressesAsTheRequestIfNothingIsAccepted(WebVersion version) {
    String name = "a".repeat(2_000);
    version
        .call(
            SERVER,
            post(SERVER_STREAMING).with("connect-content-encoding", "gzip"),
            GrpcFrames.gzipped(named(name)))
        .header("connect-content-encoding", "gzip");
    WebOutcome plain = version.call(SERVER, post(SERVER_STREAMING), hello(name));
    assertThat(plain.response().header("connect-content-encoding")).isEmpty();
  }
}
