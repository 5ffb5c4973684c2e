package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.SERVER_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Connect's unary calls are refused for: a status that names it, and no handler. */
@Timeout(120)
class ConnectRefusalTest {

  private static final ByteString ADA = named("Ada").toByteString();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(server -> server.method(Greeters.method(
      "test.Failing/Never",
      dev.grpcbackend.call.ServerCalls.unary((request, call) ->
          io.vertx.core.Promise.<dev.grpcbackend.proto.helloworld.HelloReply>promise()
              .future()))));

  private static RequestFields proto(String path) {
    return RequestFields.post(path, "application/proto");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"})
  void refusesOtherVerbs(String verb) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, proto(UNARY).with(":method", verb), ADA)
          .http(405)
          .header("allow", "POST")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "image/jpeg",
        "application/foo",
        "application/jsonp",
        "application/connect+proto",
        "application/connect+json",
        "application/proto+xml",
        ""
      })
  void refusesOtherTypesAndNamesItsOwn(String type) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, RequestFields.post(UNARY, type), ADA)
          .http(415)
          .header("accept-post", "application/proto, application/json")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "application/proto", "application/connect+xml"})
  void refusesUnaryTypesForStreams(String type) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, RequestFields.post(SERVER_STREAMING, type), ADA)
          .http(415)
          .header("accept-post", "application/connect+proto, application/connect+json")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/helloworld.Greeter/Nothing",
        "/helloworld.Nobody/SayHello",
        "//helloworld.Greeter/SayHello",
        "/helloworld.Greeter/SayHello/",
        "/helloworld.Greeter/SayHello?x=1",
        "/helloworld.Greeter/%53ayHello",
        "/helloworld.Greeter/SayHello%00",
        "/helloworld.Greeter/SayHello%zz",
        "/x/../helloworld.Greeter/SayHello",
        "/"
      })
  void doesNotFindOtherPaths(String path) {
    for (WebVersion version : WebVersion.values()) {
      for (String type : List.of(
          "application/proto", "application/json", "application/connect+proto", "text/plain")) {
        version
            .call(SERVER, RequestFields.post(path, type), ADA)
            .http(isBrokenUrl(path) && !type.contains("proto") ? 400 : 404)
            .noHandlerAndConnectionSurvives();
      }
      version
          .call(SERVER, RequestFields.get(path.replace("?", "/")), ByteString.EMPTY)
          .http(isBrokenUrl(path) ? 400 : 404)
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/proto",
        "application/json",
        "application/json; charset=utf-8",
        "application/connect+proto",
        "application/connect+json"
      })
  void letsAClientInferThatAMethodIsUnimplemented(String type) {
    RequestFields unknown = RequestFields.post("/helloworld.Greeter/SayNothing", type)
        .with("connect-protocol-version", "1");
    for (WebVersion version : WebVersion.values()) {
      version.call(SERVER, unknown, ADA).http(404).text("").noHandlerAndConnectionSurvives();
    }
  }

  /** What no protocol but REST claims is REST's to refuse. */
  private static boolean isBrokenUrl(String path) {
    return path.endsWith("%00") || path.endsWith("%zz");
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "", "-1", "+1", "1.5", "12345678901", "1S"})
  void refusesAMalformedTimeout(String timeout) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, proto(UNARY).with("connect-timeout-ms", timeout), ADA)
          .connectError(400, "invalid_argument", "connect-timeout-ms")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsACallAtItsDeadline(WebVersion version) {
    version
        .call(SERVER, proto("/test.Failing/Never").with("connect-timeout-ms", "50"), ADA)
        .connectError(504, "deadline_exceeded", "deadline")
        .noHandlerAndConnectionSurvives();
    version
        .call(SERVER, proto(UNARY).with("connect-timeout-ms", "0"), ADA)
        .connectError(504, "deadline_exceeded", "on arrival")
        .noHandlerAndConnectionSurvives();
    version
        .call(SERVER, proto(UNARY).with("connect-timeout-ms", "9999999999"), ADA)
        .http(200);
  }

  @ParameterizedTest
  @EnumSource
  void refusesAnotherVersionOfTheProtocol(WebVersion version) {
    version
        .call(SERVER, proto(UNARY).with("connect-protocol-version", "2"), ADA)
        .connectError(400, "invalid_argument", "connect-protocol-version")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @EnumSource
  void refusesMetadataThatIsBadOrTooMuch(WebVersion version) {
    version
        .call(SERVER, proto(UNARY).with("x-bytes-bin", "?"), ADA)
        .connectError(400, "invalid_argument", "x-bytes-bin")
        .noHandlerAndConnectionSurvives();
    version
        .call(SERVER, proto(UNARY).with("x-large", "a".repeat(8 << 10)), ADA)
        .connectError(429, "resource_exhausted", "limit of 8192 bytes")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void refusesManyHosts() {
    WebVersion.HTTP_2
        .call(SERVER, proto(UNARY).and("host", "localhost").and("host", "elsewhere"), ADA)
        .connectError(400, "invalid_argument", "more than one host")
        .noHandlerAndConnectionSurvives();
  }

  static List<Arguments> badBodies() {
    ByteString zip = GrpcFrames.gzip(ADA);
    ByteString bomb = GrpcFrames.gzip(ByteString.copyFrom(new byte[1 << 20]));
    return List.of(
        bad("truncated message", "application/proto", "", ByteString.copyFromUtf8("\12\11A")),
        bad("stray end group", "application/proto", "", ByteString.copyFromUtf8("\24")),
        bad("JSON as proto", "application/proto", "", ByteString.copyFromUtf8("{\"name\":\"\"}")),
        bad("proto as JSON", "application/json", "", ADA),
        bad("no JSON", "application/json", "", ByteString.EMPTY),
        bad("half JSON", "application/json", "", ByteString.copyFromUtf8("{\"name\":")),
        bad("two JSON", "application/json", "", ByteString.copyFromUtf8("{} {}")),
        bad("JSON array", "application/json", "", ByteString.copyFromUtf8("[]")),
        bad("unknown field", "application/json", "", ByteString.copyFromUtf8("{\"nome\":\"\"}")),
        bad("wrong kind", "application/json", "", ByteString.copyFromUtf8("{\"name\":[]}")),
        bad("gzip that is none", "application/proto", "gzip", ADA),
        bad("half a gzip", "application/proto", "gzip", zip.substring(0, zip.size() - 9)),
        bad("gzip and more", "application/proto", "gzip", zip.concat(ADA)),
        Arguments.of("bomb", 429, "resource_exhausted", "application/proto", "gzip", bomb));
  }

  private static Arguments bad(String what, String type, String encoding, ByteString body) {
    return Arguments.of(what, 400, "invalid_argument", type, encoding, body);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badBodies")
  void refusesABadBody(
      String what, int http, String code, String type, String encoding, ByteString body) {
    RequestFields fields = RequestFields.post(UNARY, type);
    for (WebVersion version : WebVersion.values()) {
      version
          .call(
              SERVER, encoding.isEmpty() ? fields : fields.with("content-encoding", encoding), body)
          .connectError(http, code, " ")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesTooLargeABody(WebVersion version) {
    ByteString body = ByteString.copyFrom(new byte[WireServer.MAX_MESSAGE_BYTES + 1]);
    int before = SERVER.starts();
    version
        .call(SERVER, proto(UNARY), body)
        .connectError(429, "resource_exhausted", "exceeds the limit of 65536 bytes");
    assertThat(SERVER.starts()).isEqualTo(before);
  }

  @Test
  void refusesTooLargeABodyWithoutWaitingForIt() {
    var declared = SERVER.connectHttp1();
    WebResponse refusal =
        declared.head(proto(UNARY).with("content-length", "2000000000")).response();
    assertThat(refusal.status()).isEqualTo(429);
    assertThat(refusal.header("connection")).hasValue("close");
    declared.awaitEnd();

    var chunked = SERVER.connectHttp1();
    chunked.head(proto(UNARY).with("transfer-encoding", "chunked"));
    chunked.chunk(ByteString.copyFrom(new byte[WireServer.MAX_MESSAGE_BYTES]));
    chunked.chunk(ByteString.copyFrom(new byte[1]));
    assertThat(chunked.response().status()).isEqualTo(429);
  }
}
