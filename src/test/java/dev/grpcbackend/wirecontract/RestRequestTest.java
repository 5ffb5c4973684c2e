package dev.grpcbackend.wirecontract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What message a query and a body become (google/api/http.proto, Rules for HTTP mapping). */
@Timeout(120)
class RestRequestTest {

  private static final EchoService ECHO = new EchoService();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(ECHO::register);

  private static final RestPeer REST = new RestPeer(SERVER);

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      int32Value=7&int64_value=-8      | {"int32Value":7,"int64Value":"-8"}
      uint64Value=18446744073709551615 | {"uint64Value":"18446744073709551615"}
      flag=true&doubleValue=1.5        | {"flag":true,"doubleValue":1.5}
      doubleValue=NaN&floatValue=1e3   | {"doubleValue":"NaN","floatValue":1000.0}
      data=AQI%3D&bytesWrapper=_-8     | {"data":"AQI=","bytesWrapper":"/+8="}
      color=GREEN&colors=1&colors=RED  | {"color":"GREEN","colors":["RED","RED"]}
      texts=a&texts=&texts=c%26d+e%2B  | {"texts":["a","","c&d e+"]}
      numbers=1&text_=&texts=b         |
      inner.label=a&inner.inner.count=3&inner.tags=x&inner.tags=y | {"inner":{"label":"a","inner":{"count":3},"tags":["x","y"]}}
      maybeText=&maybe_number=0        | {"maybeText":"","maybeNumber":0}
      time=1970-01-01T00:00:01%2B01:00 | {"time":"1969-12-31T23:00:01Z"}
      times=1970-01-01T00:00:01Z&times=1970-01-01T00:00:02Z | {"times":["1970-01-01T00:00:01Z","1970-01-01T00:00:02Z"]}
      duration=1.5s&mask=text,inner.label | {"duration":"1.500s","mask":"text,inner.label"}
      boolWrapper=false&int32Wrapper=0&stringWrapper=&uint64Wrapper=3 | {"boolWrapper":false,"int32Wrapper":0,"stringWrapper":"","uint64Wrapper":"3"}
      chosenText=a                     | {"chosenText":"a"}
      chosenInner.label=a&chosenInner.count=2 | {"chosenInner":{"label":"a","count":2}}
      maybe%54ext=x                    | {"maybeText":"x"}
      &&maybeText=x&                   | {"maybeText":"x"}
      maybeText=a=b?c/d:e              | {"maybeText":"a=b?c/d:e"}
      """)
  void readsTheQuery(String query, String json) {
    RestPeer.Reply reply = REST.get("/v1/files?" + query);
    if (json == null) {
      reply.fails(400, 3, "query parameter \"text_\": unknown field");
    } else {
      reply.ok(json);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      nme=a                  | query parameter "nme": unknown field "nme" of echo.v1.Everything
      inner.nme=a            | query parameter "inner.nme": unknown field "nme" of echo.v1.Inner
      inner.=a               | query parameter "inner.": unknown field "" of echo.v1.Inner
      =a                     | query parameter "": unknown field "" of echo.v1.Everything
      text=a                 | query parameter "text": the field belongs to the path
      int32Value=1&int32_value=2 | query parameter "int32_value": given twice (expected: once)
      int32Value=x           | query parameter "int32Value": "x" (expected: int32)
      int32Value=2147483648  | query parameter "int32Value": "2147483648" (expected: int32)
      int32Value             | query parameter "int32Value": "" (expected: int32)
      flag=1                 | query parameter "flag": "1" (expected: bool)
      color=BLUE             | query parameter "color": "BLUE" (expected: a value of echo.v1.Color)
      inner=a                | query parameter "inner": echo.v1.Everything.inner is a message (expected: a field of one value)
      inners.label=a         | query parameter "inners.label": there is no field within echo.v1.Everything.inners
      labels=a               | query parameter "labels": echo.v1.Everything.labels is a map
      labels.a=b             | query parameter "labels.a": there is no field within echo.v1.Everything.labels
      struct=a               | query parameter "struct": echo.v1.Everything.struct is a message
      maybeText.a=b          | query parameter "maybeText.a": there is no field within echo.v1.Everything.maybe_text
      chosenText=a&chosenInner.label=b | query parameter "chosenInner.label": only one field of a oneof may be given, chosenText is
      maybeText=%zz          | malformed URL: "%zz" (expected: two hexadecimal digits after each %)
      maybeText=%00          | malformed URL: "%00" (expected: no %00)
      maybeText=%ff          | malformed URL: "%ff" (expected: UTF-8)
      %zz=a                  | malformed URL: "%zz"
      """)
  void namesTheParameterThatIsWrong(String query, String message) {
    int before = ECHO.starts();
    REST.get("/v1/echo/Ada?" + query).fails(400, 3, message);
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      POST  | /v1/echo               | {"text":"a","inner":{"label":"b"}} | {"text":"a","inner":{"label":"b"}}
      POST  | /v1/echo/path:copy     | {"text":"a","flag":true}     | {"text":"path","flag":true}
      PUT   | /v1/inner/path         | {"inner":{"label":"a","count":1}} | {"inner":{"label":"path","count":1}}
      PATCH | /v1/echo/path          | {"label":"a"}                | {"text":"path","inner":{"label":"a"}}
      PATCH | /v1/echo/path          | null                         | {"text":"path"}
      PATCH | /v1/echo/path?flag=true&numbers=1 | {}                | {"text":"path","inner":{},"flag":true,"numbers":[1]}
      PUT   | /v1/echo/path/label    | {"label":"a","count":2}      | {"text":"path","inner":{"label":"label","count":2}}
      PUT   | /v1/texts/path         | ["a","b"]                    | {"text":"path","texts":["a","b"]}
      PUT   | /v1/labels/path        | {"a":"b"}                    | {"text":"path","labels":{"a":"b"}}
      PUT   | /v1/int32/path         | 7                            | {"text":"path","int32Value":7}
      PUT   | /v1/time/path          | "1970-01-01T00:00:01Z"       | {"text":"path","time":"1970-01-01T00:00:01Z"}
      PUT   | /v1/value/path         | null                         | {"text":"path","value":null}
      """)
  void readsTheBody(String verb, String target, String body, String json) {
    REST.send(verb, target, body).ok(json);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      POST  | /v1/echo               | {"nme":"a"}       | body: unknown field "nme" of echo.v1.Everything
      POST  | /v1/echo               | {"text":"a","text":"b"} | body: field "text" is given twice
      POST  | /v1/echo               | {"int32Value":2147483648} | body: int32Value: "2147483648" (expected: int32)
      POST  | /v1/echo               | {"color":"BLUE"}  | body: color: "BLUE" (expected: a value of echo.v1.Color)
      POST  | /v1/echo               | []                | body: an array (expected: an object)
      POST  | /v1/echo               | {"text":          | body: malformed JSON at byte 8 (expected: a value)
      POST  | /v1/echo               | {} {}             | body: malformed JSON at byte 3 (expected: the end)
      POST  | /v1/echo               | ~~                | no body (expected: JSON)
      POST  | /v1/echo?flag=true     | {}                | query parameter "flag": the field belongs to the body
      POST  | /v1/echo/path:copy?flag=true | {}          | query parameter "flag": the field belongs to the body
      PATCH | /v1/echo/path          | {"count":"x"}     | body: inner.count: "x" (expected: int32)
      PATCH | /v1/echo/path          | ~~                | no body (expected: JSON)
      PATCH | /v1/echo/path?inner.count=1 | {}           | query parameter "inner.count": the field belongs to the body
      PUT   | /v1/texts/path         | "a"               | body: texts: a string (expected: an array)
      GET   | /v1/echo/path          | {}                | a body (expected: none)
      DELETE | /v1/echo/path         | {}                | a body (expected: none)
      """)
  void namesWhatIsWrongWithTheBody(String verb, String target, String body, String message) {
    int before = ECHO.starts();
    REST.send(verb, target, body).fails(400, 3, message);
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @Test
  void refusesInvalidUtf8AndDeepNesting() {
    ByteString invalid = ByteString.copyFromUtf8("{\"text\":\"")
        .concat(ByteString.fromHex("ff"))
        .concat(ByteString.copyFromUtf8("\"}"));
    REST.call("POST", "/v1/echo", "content-type: application/json", invalid)
        .fails(400, 3, "body: malformed JSON at byte 9 (expected: a string in UTF-8)");
    REST.send("POST", "/v1/echo", "\uFEFF{}").fails(400, 3, "no byte order mark");
    REST.send("POST", "/v1/echo", "{\"inner\":".repeat(1_000) + "{}" + "}".repeat(1_000))
        .fails(400, 3, "body: nested more than 100 levels deep");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=\"UTF-8\"; x=y"
      })
  void takesJsonWithParameters(String contentType) {
    REST.call("POST", "/v1/echo", "content-type: " + contentType, "{}").ok("{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-none: 1",
        "content-type: text/plain",
        "content-type: application/json; charset=iso-8859-1",
        "content-type: application/jsonx",
        "content-type: application/x-www-form-urlencoded",
        "content-type: application/json\ncontent-encoding: gzip"
      })
  void refusesOtherContent(String headers) {
    int before = ECHO.starts();
    REST.call("POST", "/v1/echo", headers, "{}").fails(415, 3, "content-");
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @Test
  void needsNoContentTypeWithoutABody() {
    REST.call("GET", "/v1/echo/Ada", "content-type: text/plain", "").ok("{\"text\":\"Ada\"}");
    REST.call("GET", "/v1/echo/Ada", "content-type: application/json", "").ok("{\"text\":\"Ada\"}");
  }

  @Test
  void takesABodyUpToTheLimit() {
    String frame = "{\"text\":\"\"}";
    String largest = "a".repeat(WireServer.MAX_MESSAGE_BYTES - frame.length());
    String body = "{\"text\":\"" + largest + "\"}";
    REST.send("POST", "/v1/echo", body).ok(body);
    int before = ECHO.starts();
    REST.send("POST", "/v1/echo", body + " ")
        .fails(413, 8, "body exceeds the limit of 65536 bytes");
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @Test
  void refusesALongBodyByItsDeclaredLength() {
    RawStream stream = SERVER.connect().open(post().with("content-length", "70000"));
    assertThat(stream.response().httpStatus()).hasValue(413);
  }

  @Test
  void refusesALongBodyThatDeclaresNoLength() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.open(post());
    ByteString part = ByteString.copyFrom(new byte[16_384]);
    for (int i = 0; i < 5; i++) {
      stream.data(part);
    }
    assertThat(stream.response().httpStatus()).hasValue(413);
  }

  @Test
  void takesTheFieldsInAnyPieces() {
    RawStream stream = SERVER.connect().open(post());
    for (byte b : "{\"text\":\"é\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      stream.data(ByteString.copyFrom(new byte[] {b}));
    }
    stream.end();
    assertThat(stream.response().body().toStringUtf8()).isEqualTo("{\"text\":\"é\"}");
  }

  @Test
  void takesContentOfAnyTypeAsHttpBody() {
    REST.call("POST", "/v1/raw", "content-type: image/png", "bytes")
        .ok("{\"content\":{\"contentType\":\"image/png\",\"data\":\"Ynl0ZXM=\"}}");
    REST.call("POST", "/v1/raw", "", "").ok("{\"content\":{}}");
    REST.call("PUT", "/v1/raw/a.txt?tags=x", "content-type: text/plain", "bytes")
        .ok("{\"name\":\"a.txt\",\"tags\":[\"x\"],"
            + "\"content\":{\"contentType\":\"text/plain\",\"data\":\"Ynl0ZXM=\"}}");
  }

  private static RequestFields post() {
    return RequestFields.grpc("/v1/echo").without("te").with("content-type", "application/json");
  }
}
