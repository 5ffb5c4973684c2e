package dev.grpcbackend.wirecontract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.server.Protocols;
import dev.grpcbackend.testing.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which method a verb and a path lead to (google/api/http.proto, Path template syntax). */
@Timeout(120)
class RestRoutingTest {

  private static final EchoService ECHO = new EchoService();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(ECHO::register);

  @RegisterExtension
  static final WireServer WITHOUT = new WireServer(
      TestServer.OPTIONS
          .withLimits(WireServer.LIMITS)
          .withProtocols(new Protocols(true, true, true, false, Protocols.Cors.DEFAULTS)),
      ECHO::register);

  private static final RestPeer REST = new RestPeer(SERVER);

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      /v1/echo/Ada                     | {"text":"Ada"}
      /v1/echo/a%20b%2Fc%C3%A9         | {"text":"a b/cé"}
      /v1/echo/a+b                     | {"text":"a+b"}
      /v1/echo/a:b                     | {"text":"a:b"}
      /v1/echo/a:                      | {"text":"a:"}
      /v1/echo/:a                      | {"text":":a"}
      /v1/echo/a%3Adescribe            | {"text":"a:describe"}
      /v1/echo/a:describe              | {"text":"a"}
      /v1/echo/a:b:describe            | {"text":"a:b"}
      /v1/%65cho/Ada                   | {"text":"Ada"}
      /v1/echo/literal                 | {"label":"literal"}
      /v1/echo/liter%61l               | {"label":"literal"}
      /v1/inner/a/7                    | {"inner":{"label":"a","inner":{"count":7}}}
      /v1/numbers/-7                   | {"int32Value":-7}
      /v1/colors/GREEN                 | {"color":"GREEN"}
      /v1/colors/2                     | {"color":"GREEN"}
      /v1/times/1970-01-01T00:00:01Z   | {"time":"1970-01-01T00:00:01Z"}
      /v1/shelves/1/books/2            | {"text":"shelves/1/books/2"}
      /v1/shelves/a%20b/books/c%2Fd    | {"text":"shelves/a b/books/c%2Fd"}
      /v1/shelves/a%2fb/books/%25      | {"text":"shelves/a%2fb/books/%"}
      /v1/shelves/1/notes/2            | {"text":"shelves/1","maybeText":"2"}
      /v1/files                        | {}
      /v1/files/a                      | {"text":"a"}
      /v1/files/a/b%2Fc/d              | {"text":"a/b%2Fc/d"}
      /v1/files/a/b:list               | {"text":"a/b"}
      /v1/files:list                   | {}
      /v1/files/literal                | {"label":"literal"}
      /v1/files/literal/a              | {"label":"literala"}
      /v1/files/literal/a/b            | {"text":"literal/a/b"}
      /v1/any/x/of/y                   | {"text":"y"}
      /v1/whatever/a                   | {"text":"a"}
      """)
  void findsTheMethodOfAPath(String path, String json) {
    REST.get(path).ok(json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1",
        "/v2/echo/Ada",
        "/V1/echo/Ada",
        "/v1/echo/",
        "/v1/echo//",
        "/v1//echo/Ada",
        "//v1/echo/Ada",
        "/v1/echo/Ada/",
        "/v1/echo/Ada/x/y",
        "/v1/echo/.",
        "/v1/echo/..",
        "/v1/echo/%2e%2E",
        "/v1/echo/../echo/Ada",
        "/v1/files/a/../b",
        "/v1/files/",
        "/v1/any/x/or/y",
        "/v1/shelves/1/books",
        "/echo.v1.Echo/Nothing"
      })
  void answersNotFoundWithoutARoute(String path) {
    int before = ECHO.starts();
    REST.get(path).fails(404, 5, "no route for GET ");
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @Test
  void doesNotReachAMethodWithoutARule() {
    assertThat(REST.get("/echo.v1.Echo/Hidden").status()).isNotEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/echo/%zz",
        "/v1/echo/%",
        "/v1/echo/%4",
        "/v1/echo/a%00b",
        "/v1/echo/%ff",
        "/v1/echo/%c0%80",
        "/v1/echo/%ed%a0%80",
        "/v1/files/a/%zz",
        "/v1/echo/a:%zz",
        "/v1/nothing/%00",
      })
  void refusesBrokenEscapes(String path) {
    int before = ECHO.starts();
    REST.get(path).fails(400, 3, "malformed URL: ");
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/numbers/x, path variable int32_value: \"x\" (expected: int32)",
    "/v1/numbers/2147483648, path variable int32_value: \"2147483648\" (expected: int32)",
    "/v1/colors/BLUE, path variable color: \"BLUE\" (expected: a value of echo.v1.Color)",
    "/v1/inner/a/1.5, path variable inner.inner.count: \"1.5\" (expected: int32)",
    "/v1/times/now, path variable time: \"now\"",
  })
  void namesTheVariableThatIsWrong(String path, String message) {
    REST.get(path).fails(400, 3, message);
  }

  @ParameterizedTest
  @CsvSource({
    "PUT, /v1/echo/Ada, 'DELETE, GET, HEAD, PATCH, REPORT'",
    "POST, /v1/echo/Ada, 'DELETE, GET, HEAD, PATCH, REPORT'",
    "GET, /v1/echo, POST",
    "get, /v1/files/a, 'GET, HEAD'",
    "OPTIONS, /v1/files/a, 'GET, HEAD'",
  })
  void namesTheVerbsOfAKnownPath(String verb, String path, String allowed) {
    int before = ECHO.starts();
    RestPeer.Reply reply = REST.call(verb, path, "", "");
    reply.fails(405, 12, verb + " " + path + " (expected: " + allowed + ")");
    assertThat(reply.header("allow")).hasValue(allowed);
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @Test
  void takesAnyVerbWhereTheRuleLeavesItOpen() {
    REST.call("BREW", "/v1/whatever/tea", "", "").ok("{\"text\":\"tea\"}");
    REST.call("REPORT", "/v1/echo/Ada", "", "").ok("{\"text\":\"Ada\"}");
    REST.call("DELETE", "/v1/echo/literal", "", "").ok("{\"text\":\"literal\"}");
  }

  @Test
  void answersHeadAsGetWithoutTheBody() {
    RestPeer.Reply reply = REST.call("HEAD", "/v1/echo/Ada", "x-tag: 1", "");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body()).isEmpty();
    assertThat(reply.header("content-type")).hasValue("application/json");
    assertThat(reply.header("x-tag")).hasValue("1");
    RestPeer.Reply missing = REST.call("HEAD", "/v1/nothing", "", "");
    assertThat(missing.status()).isEqualTo(404);
    assertThat(missing.body()).isEmpty();
  }

  @Test
  void leavesCallsOfMethodsByTheirOwnPathToOthers() {
    RestPeer.Reply reply = REST.call("POST", Greeters.UNARY, "content-type: text/plain", "x");
    assertThat(reply.status()).isIn(404, 415);
    assertThat(reply.header("content-type")).isEmpty();
    String grpc = "content-type: application/grpc+thrift";
    assertThat(REST.call("POST", "/a.B/C", grpc, "x").header("content-type")).isEmpty();
  }

  @Test
  void repeatsLittleOfALongPath() {
    RestPeer.Reply reply = REST.get("/v9/" + "a".repeat(3_000)).fails(404, 5, "no route for GET ");
    assertThat(reply.body()).hasSizeLessThan(400);
  }

  @Test
  void refusesAnAbsoluteUrl() {
    String url = "http://localhost/v1/echo/Ada";
    REST.http2("GET", url, List.of(), ByteString.EMPTY).fails(400, 3, "the URL is no path");
    // By HTTP/1.1 it is refused before it is anybody's.
    assertThat(REST.http1("GET", url, List.of(), ByteString.EMPTY).status()).isEqualTo(400);
  }

  @Test
  void refusesTwoLengthsOfOneBody() {
    String request = """
        POST /v1/echo HTTP/1.1\r
        Host: localhost\r
        Content-Type: application/json\r
        Content-Length: 6\r
        Transfer-Encoding: chunked\r
        \r
        2\r
        {}\r
        0\r
        \r
        """;
    String response =
        new String(REST.raw(ByteString.copyFromUtf8(request)), StandardCharsets.ISO_8859_1);
    assertThat(response).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void isNotThereWhenItIsOff() {
    int before = ECHO.starts();
    RestPeer.Reply reply = new RestPeer(WITHOUT).get("/v1/echo/Ada");
    assertThat(reply.status()).isEqualTo(404);
    assertThat(reply.body()).isEmpty();
    assertThat(ECHO.starts()).isEqualTo(before);
    assertThat(SERVER.server().verticle().protocolNames()).endsWith("rest");
    assertThat(WITHOUT.server().verticle().protocolNames()).doesNotContain("rest");
  }
}
