package dev.grpcbackend.wirecontract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import dev.grpcbackend.testing.web.Word;
import io.vertx.core.Future;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connect's unary calls by GET, of methods without side effects. */
@Timeout(120)
class ConnectGetTest {

  private static final String FIND = "/web.testing.Lookup/Find";
  private static final Word WORD =
      Word.newBuilder().setText("a+b & ü").setCount(3).build();
  private static final Word FOUND = WORD.toBuilder().setCount(4).build();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(server -> server
      .method(lookup("Find"))
      .method(lookup("Store"))
      .method(BoundMethod.of(
          "web.testing.Lookup/List",
          Word.class,
          Word.class,
          ServerCalls.serverStreaming((word, call) -> call.send(word)))));

  private static BoundMethod<Word, Word> lookup(String name) {
    return BoundMethod.of(
        "web.testing.Lookup/" + name,
        Word.class,
        Word.class,
        ServerCalls.unary((word, call) -> Future.succeededFuture(
            word.toBuilder().setCount(word.getCount() + 1).build())));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String escaped(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static WebOutcome get(WebVersion version, String query) {
    return version.call(SERVER, RequestFields.get(FIND + query), ByteString.EMPTY);
  }

  @ParameterizedTest
  @EnumSource
  void takesJsonFromTheQuery(WebVersion version) {
    String json = escaped("{\"text\":\"a+b & ü\",\"count\":3}");
    WebOutcome outcome = get(version, "?connect=v1&encoding=json&message=" + json);
    outcome.http(200).header("content-type", "application/json").header("vary", "accept-encoding");
    assertThat(outcome.response().json())
        .isEqualTo(JsonParser.parseString("{\"text\":\"a+b & ü\",\"count\":4}"));
    outcome.noHandlerAndConnectionSurvives();
    get(version, "?message=" + json + "&x=y&encoding=json&&base64=0").http(200);
    get(version, "?message=" + json.replace("+", "%20") + "&encoding=json").http(200);
  }

  @ParameterizedTest
  @EnumSource
  void takesBinaryFromTheQuery(WebVersion version) {
    String message = base64(WORD.toByteArray());
    get(version, "?connect=v1&base64=1&encoding=proto&message=" + message)
        .connectReplies(FOUND)
        .noHandlerAndConnectionSurvives();
    String padded = escaped(Base64.getUrlEncoder().encodeToString(WORD.toByteArray()));
    get(version, "?base64=1&encoding=proto&message=" + padded).connectReplies(FOUND);
    String zipped = base64(GrpcFrames.gzip(WORD.toByteString()).toByteArray());
    get(version, "?base64=1&compression=gzip&encoding=proto&message=" + zipped)
        .connectReplies(FOUND);
    get(version, "?compression=gzip&encoding=proto&message=")
        .connectReplies(Word.newBuilder().setCount(1).build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | encoding is missing",
        "? | encoding is missing",
        "?message={} | encoding is missing",
        "?encoding=json | message is missing",
        "?encoding=json&message=%zz | malformed URL",
        "?encoding=json&message=%7 | malformed URL",
        "?encoding=json&%=1&message={} | malformed URL",
        "?encoding=json&message=%FF | UTF-8",
        "?encoding=json&message=%00 | no %00",
        "?encoding=json&message={} {} | ' '",
        "?encoding=proto&base64=1&message=@@ | base64",
        "?encoding=proto&base64=1&message=AA+/ | base64",
        "?encoding=proto&base64=1&message=Cgl | ' '",
        "?encoding=proto&compression=gzip&base64=1&message=AAAA | gzip",
        "?connect=v2&encoding=json&message={} | connect"
      })
  void refusesABadQuery(String query, String message) {
    for (WebVersion version : WebVersion.values()) {
      get(version, query.replace("{", "%7B").replace("}", "%7D").replace(" ", "%20"))
          .connectError(400, "invalid_argument", message)
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesOtherCodecsCompressionsAndBombs(WebVersion version) {
    get(version, "?encoding=xml&message=a").http(415).noHandlerAndConnectionSurvives();
    get(version, "?encoding=connect%2Bproto&message=a").http(415);
    get(version, "?encoding=json&compression=br&message=a")
        .connectError(501, "unimplemented", "expected: gzip or identity")
        .noHandlerAndConnectionSurvives();
    String bomb = base64(GrpcFrames.gzip(ByteString.copyFrom(new byte[1 << 20])).toByteArray());
    get(version, "?encoding=proto&base64=1&compression=gzip&message=" + bomb)
        .connectError(429, "resource_exhausted", "limit")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @EnumSource
  void refusesABody(WebVersion version) {
    String path = FIND + "?encoding=proto&message=";
    version
        .call(SERVER, RequestFields.get(path), ByteString.copyFromUtf8("a"))
        .connectError(415, "invalid_argument", "body")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void refusesABodyOfUnknownLength() {
    WebResponse response = SERVER
        .connectHttp1()
        .chunked(
            RequestFields.get(FIND + "?encoding=proto&message="),
            java.util.List.of(ByteString.copyFromUtf8("a")))
        .response();
    assertThat(response.status()).isEqualTo(415);
  }

  @ParameterizedTest
  @EnumSource
  void takesTheTimeoutFromAHeader(WebVersion version) {
    RequestFields fields = RequestFields.get(FIND + "?encoding=proto&message=");
    version
        .call(SERVER, fields.with("connect-timeout-ms", "0"), ByteString.EMPTY)
        .connectError(504, "deadline_exceeded", "deadline");
    version
        .call(SERVER, fields.with("content-type", "application/json"), ByteString.EMPTY)
        .http(200)
        .header("content-type", "application/proto");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Store", "List"})
  void isForUnaryMethodsWithoutSideEffects(String method) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(
              SERVER,
              RequestFields.get("/web.testing.Lookup/" + method + "?encoding=proto&message="),
              ByteString.EMPTY)
          .http(405)
          .header("allow", "POST")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void namesGetAmongTheVerbs(WebVersion version) {
    version
        .call(SERVER, RequestFields.get(FIND).with(":method", "DELETE"), ByteString.EMPTY)
        .http(405)
        .header("allow", "GET, POST")
        .noHandlerAndConnectionSurvives();
    version
        .call(SERVER, RequestFields.post(FIND, "application/proto"), WORD.toByteString())
        .connectReplies(FOUND);
  }
}
