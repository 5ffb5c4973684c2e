package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.BIDI;
import static dev.grpcbackend.wirecontract.Greeters.CLIENT_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.SERVER_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC-Web in binary mode over both versions of HTTP. */
@Timeout(120)
class GrpcWebTest {

  private static final String TYPE = "application/grpc-web+proto";

  private static final com.google.rpc.Status RICH = com.google.rpc.Status.newBuilder()
      .setCode(Code.NOT_FOUND_VALUE)
      .setMessage("nobody of this name: Größe")
      .addDetails(com.google.protobuf.Any.pack(named("Ada")))
      .build();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(server -> server
      .method(Greeters.method("test.Failing/Rich", ServerCalls.unary((request, call) -> {
        call.responseHeaders().add("x-head", "1");
        call.trailers().add("x-tail", "2");
        return Future.failedFuture(RichStatus.asException(RICH));
      })))
      .method(Greeters.method("test.Failing/Later", ServerCalls.serverStreaming((request, call) -> {
        call.send(Greeters.greeting("first"));
        return Future.failedFuture(RichStatus.asException(RICH));
      })))
      .method(Greeters.method(
          "test.Failing/Never",
          ServerCalls.unary((request, call) ->
              io.vertx.core.Promise.<dev.grpcbackend.proto.helloworld.HelloReply>promise()
                  .future()))));

  static List<Arguments> versionsAndTypes() {
    return product("application/grpc-web", "application/grpc-web+proto");
  }

  static List<Arguments> product(String... values) {
    List<Arguments> all = new ArrayList<>();
    for (WebVersion version : WebVersion.values()) {
      for (String value : values) {
        all.add(Arguments.of(version, value));
      }
    }
    return all;
  }

  private static RequestFields post(String path) {
    return RequestFields.post(path, TYPE);
  }

  @ParameterizedTest
  @MethodSource("versionsAndTypes")
  void answersWithMessageAndTrailersInTheBody(WebVersion version, String type) {
    version
        .call(SERVER, RequestFields.post(UNARY, type), hello("Ada"))
        .webGreets("Ada")
        .header("content-type", type)
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void ignoresCaseAndParametersOfTheContentType(WebVersion version) {
    version
        .call(
            SERVER,
            RequestFields.post(UNARY, "Application/gRPC-Web+Proto; charset=utf-8"),
            hello("Ada"))
        .webGreets("Ada")
        .header("content-type", TYPE)
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void readsAndWritesJson(WebVersion version) {
    WebOutcome outcome = version.call(
        SERVER,
        RequestFields.post(UNARY, "application/grpc-web+json"),
        GrpcFrames.frame(0, ByteString.copyFromUtf8("{\"name\":\"Ada\"}")));
    outcome.webStatus(0, "").header("content-type", "application/grpc-web+json");
    assertThat(outcome.response().webMessages())
        .containsExactly(ByteString.copyFromUtf8("{\"message\":\"Hello Ada\"}"));
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void streamsToAndFromTheServer(WebVersion version) {
    version
        .call(SERVER, post(SERVER_STREAMING), hello("Ada"))
        .webGreets("Ada", "Ada again")
        .handlerStartsAndConnectionSurvives(1);
    version
        .call(SERVER, post(CLIENT_STREAMING), hello("Ada").concat(hello("Bob")))
        .webGreets("Ada, Bob")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void givesMetadataInHeadersAndInTheLastFrame(WebVersion version) {
    WebOutcome outcome = version.call(
        SERVER,
        post(UNARY).with("x-text", "some text").with("x-bytes-bin", "AAEC/w=="),
        hello("Ada"));
    outcome.webGreets("Ada").header("x-text", "some text").header("x-bytes-bin", "AAEC/w");
    assertThat(outcome.response().webTrailers())
        .containsEntry("x-text", "some text")
        .containsEntry("x-bytes-bin", "AAEC/w")
        .doesNotContainKey("content-type");
    assertThat(outcome.response().header("seen-content-type")).isEmpty();
    assertThat(outcome.response().header("seen-connection")).isEmpty();
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void failsWithDetailsInTheBody(WebVersion version) {
    WebOutcome outcome = version.call(SERVER, post("/test.Failing/Rich"), hello("Ada"));
    outcome.http(200).webStatus(5, "nobody of this name: Gr%C3%B6%C3%9Fe").header("x-head", "1");
    assertThat(outcome.response().webMessages()).isEmpty();
    assertThat(outcome.response().webTrailers())
        .containsEntry("x-tail", "2")
        .containsEntry(
            "grpc-status-details-bin",
            Base64.getEncoder().withoutPadding().encodeToString(RICH.toByteArray()));
    outcome.noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @EnumSource
  void failsAfterAMessage(WebVersion version) {
    WebOutcome outcome = version.call(SERVER, post("/test.Failing/Later"), hello("Ada"));
    outcome.http(200).webStatus(5, "nobody");
    assertThat(outcome.response().webMessages())
        .containsExactly(Greeters.greeting("first").toByteString());
  }

  @ParameterizedTest
  @EnumSource
  void endsACallAtItsDeadline(WebVersion version) {
    version
        .call(SERVER, post("/test.Failing/Never").with("grpc-timeout", "50m"), hello("Ada"))
        .webStatus(4, "deadline")
        .noHandlerAndConnectionSurvives();
    version
        .call(SERVER, post(UNARY).with("grpc-timeout", "0S"), hello("Ada"))
        .webStatus(4, "deadline")
        .noHandlerAndConnectionSurvives();
    version
        .call(SERVER, post(UNARY).with("grpc-timeout", "5"), hello("Ada"))
        .webStatus(13, "grpc-timeout")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @EnumSource
  void honoursCompressionBothWays(WebVersion version) {
    String name = "a".repeat(2_000);
    WebOutcome outcome = version.call(
        SERVER,
        post(UNARY).with("grpc-encoding", "gzip").with("grpc-accept-encoding", "identity, gzip"),
        GrpcFrames.gzipped(named(name)));
    outcome.header("grpc-encoding", "gzip");
    ByteString first = GrpcFrames.split(outcome.response().body()).get(0);
    assertThat(first.byteAt(0)).isEqualTo((byte) 1);
    assertThat(first.size()).isLessThan(200);
    assertThat(outcome.response().webTrailers()).containsEntry("grpc-status", "0");
  }

  @ParameterizedTest
  @EnumSource
  void doesNotCompressUnasked(WebVersion version) {
    String name = "a".repeat(2_000);
    version
        .call(SERVER, post(UNARY).with("accept-encoding", "gzip"), hello(name))
        .webGreets(name);
  }

  @ParameterizedTest
  @EnumSource
  void refusesUnknownCompression(WebVersion version) {
    version
        .call(SERVER, post(UNARY).with("grpc-encoding", "br"), hello("Ada"))
        .http(200)
        .webStatus(12, "gzip")
        .header("grpc-accept-encoding", "gzip")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH"})
  void refusesOtherVerbs(String verb) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, post(UNARY).with(":method", verb), hello("Ada"))
          .http(405)
          .header("allow", "POST")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/grpc-web+xml",
        "application/grpc-webby",
        "application/grpc-web-text+json",
        "application/grpc-web-texts"
      })
  void refusesOtherSubtypes(String type) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, RequestFields.post(UNARY, type), hello("Ada"))
          .http(415)
          .noHandlerAndConnectionSurvives();
    }
  }

  static List<Arguments> unknown() {
    return product(
        "/helloworld.Greeter/Nothing",
        "/helloworld.Nobody/SayHello",
        "//helloworld.Greeter/SayHello",
        "/helloworld.Greeter/%53ayHello",
        "/helloworld.Greeter/SayHello%00",
        "/helloworld.Greeter/SayHello?x=1",
        "/x/../helloworld.Greeter/SayHello");
  }

  @ParameterizedTest
  @MethodSource("unknown")
  void answersUnimplementedForUnknownPaths(WebVersion version, String path) {
    version
        .call(SERVER, post(path), hello("Ada"))
        .http(200)
        .webStatus(12, "unknown")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @EnumSource
  void refusesTooMuchMetadata(WebVersion version) {
    version
        .call(SERVER, post(UNARY).with("x-large", "a".repeat(8 << 10)), hello("Ada"))
        .http(431)
        .webStatus(8, "limit of 8192 bytes")
        .noHandlerAndConnectionSurvives();
  }

  static List<Arguments> badBodies() {
    ByteString good = hello("Ada");
    List<Arguments> all = new ArrayList<>();
    for (WebVersion version : WebVersion.values()) {
      all.add(Arguments.of(version, "none", 12, "got 0", ByteString.EMPTY));
      all.add(Arguments.of(version, "two", 12, "got more", good.concat(good)));
      all.add(Arguments.of(version, "half a prefix", 13, "within", good.substring(0, 3)));
      all.add(Arguments.of(version, "half a message", 13, "within", good.substring(0, 7)));
      all.add(Arguments.of(
          version, "bytes behind", 13, "within", good.concat(ByteString.copyFromUtf8("\0"))));
      all.add(Arguments.of(
          version, "no frame", 13, "flags", ByteString.copyFromUtf8("{\"name\":\"Ada\"}")));
      all.add(Arguments.of(
          version, "trailers", 13, "128", good.concat(GrpcFrames.frame(0x80, ByteString.EMPTY))));
      all.add(Arguments.of(
          version, "undeclared gzip", 13, "compress", GrpcFrames.gzipped(named("Ada"))));
      all.add(Arguments.of(
          version,
          "no message",
          13,
          "decoded",
          GrpcFrames.frame(0, ByteString.copyFromUtf8("\12\11A"))));
      all.add(Arguments.of(
          version,
          "too large",
          8,
          "limit",
          // Short, so that the rest is read away however it arrives, and the connection lives on.
          GrpcFrames.prefix(0, WireServer.MAX_MESSAGE_BYTES + 1L).concat(hello("Ada"))));
      all.add(Arguments.of(version, "huge", 8, "limit", GrpcFrames.prefix(0, 0xFFFF_FFFFL)));
    }
    return all;
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("badBodies")
  void answersABadBody(
      WebVersion version, String what, int status, String message, ByteString body) {
    for (String shape : List.of(UNARY, SERVER_STREAMING)) {
      version
          .call(SERVER, post(shape), body)
          .http(200)
          .webStatus(status, message)
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersTooLargeAMessageInAStream(WebVersion version) {
    version
        .call(SERVER, post(CLIENT_STREAMING), hello("Ada").concat(GrpcFrames.prefix(0, 1 << 30)))
        .webStatus(8, "limit");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void takesARequestInPiecesOfAnySize(int size) {
    List<ByteString> pieces = new ArrayList<>();
    ByteString body = hello("Ada").concat(hello("Bob"));
    for (int at = 0; at < body.size(); at += size) {
      pieces.add(body.substring(at, Math.min(body.size(), at + size)));
    }
    WebResponse response =
        SERVER.connectHttp1().chunked(post(CLIENT_STREAMING), pieces).response();
    assertThat(response.webMessages())
        .containsExactly(Greeters.greeting("Ada, Bob").toByteString());
  }

  @org.junit.jupiter.api.Test
  void talksBothWaysOverHttp2Only() {
    var peer = SERVER.connect();
    var stream = peer.open(post(BIDI)).data(hello("Ada"));
    ByteString first = GrpcFrames.message(Greeters.greeting("Ada"));
    assertThat(stream.body(first.size()).body()).isEqualTo(first);
    stream.end(hello("Bob"));
    WebResponse response = WebResponse.of(stream.response());
    assertThat(response.webMessages()).hasSize(2);
    assertThat(response.webTrailers()).containsEntry("grpc-status", "0");

    var old = SERVER.connectHttp1().request(post(BIDI), hello("Ada"));
    WebResponse refusal = old.response();
    assertThat(refusal.status()).isEqualTo(505);
    assertThat(refusal.header("connection")).hasValue("close");
    old.awaitEnd();
  }
}
