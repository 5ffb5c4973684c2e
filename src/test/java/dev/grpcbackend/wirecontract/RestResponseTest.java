package dev.grpcbackend.wirecontract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.echo.EchoGrpcService;
import dev.grpcbackend.testing.echo.Everything;
import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.server.Service;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a caller is answered by REST: bodies, failures, metadata, deadlines. */
@Timeout(120)
class RestResponseTest {

  private static final EchoService ECHO = new EchoService();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(ECHO::register);

  private static final RestPeer REST = new RestPeer(SERVER);

  @ParameterizedTest
  @CsvSource({
    "1, 499", "2, 500", "3, 400", "4, 504", "5, 404", "6, 409", "7, 403", "8, 429", "9, 400",
    "10, 409", "11, 400", "12, 501", "13, 500", "14, 503", "15, 500", "16, 401"
  })
  void answersEachStatusByItsHttpStatus(int code, int http) {
    RestPeer.Reply reply = REST.get("/v1/echo/fail-" + code);
    reply.fails(http, code, code == 5 ? "no \"such\" thing" : "failed");
    assertThat(reply.header("www-authenticate").isPresent()).isEqualTo(code == 16);
  }

  @Test
  void showsTheDetailsOfAFailure() {
    assertThat(
            REST.get("/v1/echo/fail-5").json().getAsJsonObject().get("details").toString())
        .isEqualTo("[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"GONE\"},"
            + "{\"@type\":\"type.googleapis.com/un.Known\",\"value\":\"Pw==\"}]");
  }

  @Test
  void carriesMetadataInHeadersAndTrailersInHeadersOfTheirOwn() {
    for (String target : new String[] {"/v1/echo/Ada", "/v1/echo/fail-5"}) {
      RestPeer.Reply reply = REST.call("GET", target, "x-tag: a b\nx-data-bin: AQI", "");
      assertThat(reply.headers())
          .contains(
              "x-tag: a b", "trailer-x-tag: a b", "x-data-bin: AQI", "trailer-x-data-bin: AQI");
      assertThat(reply.headers()).noneMatch(header -> header.contains("grpc-"));
    }
  }

  @Test
  void refusesMetadataThatIsNoBase64() {
    int before = ECHO.starts();
    REST.call("GET", "/v1/echo/Ada", "x-data-bin: !", "").fails(400, 3, "x-data-bin");
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @Test
  void refusesTooMuchMetadata() {
    int before = ECHO.starts();
    // By HTTP/1.1 there is another limit, below ours.
    REST.http2("GET", "/v1/echo/Ada", List.of("x-long: " + "a".repeat(8_192)), ByteString.EMPTY)
        .fails(431, 8, "exceeds the limit of 8192 bytes");
    assertThat(ECHO.starts()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      text?text=a                          | "a"
      text                                 | ""
      inner?inner.label=a                  | {"label":"a"}
      inner                                | {}
      texts?texts=a&texts=b                | ["a","b"]
      texts                                | []
      labels                               | {}
      time?time=1970-01-01T00:00:01Z       | "1970-01-01T00:00:01Z"
      number?int32Value=7                  | 7
      number                               | 0
      """)
  void answersOneFieldWhereTheRuleSaysSo(String target, String json) {
    REST.get("/v1/response/" + target).ok(json);
  }

  @Test
  void answersTheContentOfAnHttpBody() {
    RestPeer.Reply reply = REST.get("/v1/raw/a");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).hasValue("text/plain");
    assertThat(reply.body()).isEqualTo("content of a");
    RestPeer.Reply field = REST.get("/v1/raw/a:field?tags=text/csv");
    assertThat(field.header("content-type")).hasValue("text/csv");
    assertThat(field.body()).isEqualTo("content of a");
  }

  @Test
  void letsNoContentTypeBeginAnotherHeader() {
    RestPeer.Reply reply = REST.get("/v1/raw/a?tags=text/csv%0d%0aset-cookie:%20a=b");
    assertThat(reply.header("content-type")).hasValue("application/octet-stream");
    assertThat(reply.header("set-cookie")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1n, 504, 4", "0S, 504, 4", "abc, 400, 3", "5, 400, 3", "123456789S, 400, 3"})
  void readsTheTimeout(String timeout, int http, int code) {
    int before = ECHO.starts();
    REST.call("GET", "/v1/echo/Ada", "grpc-timeout: " + timeout, "").fails(http, code, "");
    assertThat(ECHO.starts()).isEqualTo(before);
    REST.call("GET", "/v1/echo/Ada", "grpc-timeout: 10S", "").ok("{\"text\":\"Ada\"}");
  }

  @Test
  void servesGeneratedStubs() {
    Service stub = EchoGrpcService.of(new dev.grpcbackend.testing.echo.EchoService() {
      @Override
      public Future<Everything> get(Everything request) {
        return Future.succeededFuture(request);
      }

      @Override
      protected void watch(Everything request, WriteStream<Everything> response) {
        response.write(request);
        response.end(request);
      }
    });
    try (TestServer server = TestServer.start(builder -> builder.service(stub))) {
      RestPeer rest = new RestPeer(server.port());
      rest.get("/v1/echo/Ada?int32Value=7").ok("{\"text\":\"Ada\",\"int32Value\":7}");
      rest.get("/v1/echo/literal").fails(501, 12, "echo.v1.Echo/GetLiteral is not implemented");
      assertThat(rest.get("/v1/watch/a").body()).isEqualTo("{\"text\":\"a\"}\n".repeat(2));
    }
  }
}
