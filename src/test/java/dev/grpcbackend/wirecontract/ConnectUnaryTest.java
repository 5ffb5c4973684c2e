package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connect's unary calls by POST: messages, metadata and errors. */
@Timeout(120)
class ConnectUnaryTest {

  private static final String PROTO = "application/proto";
  private static final String JSON = "application/json";

  @RegisterExtension
  static final WireServer SERVER = new WireServer(server -> server
      .method(Greeters.method("test.Failing/Code", ServerCalls.unary((request, call) -> {
        call.responseHeaders().add("x-head", "1");
        call.trailers().add("x-tail", "2");
        return Future.failedFuture(RichStatus.asException(rich(request.getName())));
      })))
      .method(Greeters.method("test.Failing/Bug", ServerCalls.unary((request, call) -> {
        throw new IllegalStateException("secret");
      }))));

  private static com.google.rpc.Status rich(String code) {
    return com.google.rpc.Status.newBuilder()
        .setCode(GrpcStatus.valueOf(code).code)
        .setMessage("it is \"" + code + "\": Größe")
        .addDetails(Any.pack(named("Ada")))
        .build();
  }

  private static RequestFields proto(String path) {
    return RequestFields.post(path, PROTO);
  }

  private static ByteString json(String text) {
    return ByteString.copyFromUtf8(text);
  }

  @ParameterizedTest
  @EnumSource
  void answersABareMessageWithABareMessage(WebVersion version) {
    version
        .call(SERVER, proto(UNARY), named("Ada").toByteString())
        .connectReplies(greeting("Ada"))
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, "application/json; charset=utf-8", "Application/JSON"})
  void speaksJson(String type) {
    for (WebVersion version : WebVersion.values()) {
      version
          .call(SERVER, RequestFields.post(UNARY, type), json("{\"name\":\"Ada\"}"))
          .http(200)
          .header("content-type", JSON)
          .text("{\"message\":\"Hello Ada\"}")
          .handlerStartsAndConnectionSurvives(1);
    }
  }

  @Test
  void saysTheLengthInHttp11() {
    WebOutcome outcome =
        WebVersion.HTTP_1_1.call(SERVER, proto(UNARY), named("Ada").toByteString());
    outcome.header("content-length", Integer.toString(greeting("Ada").getSerializedSize()));
    assertThat(outcome.response().header("transfer-encoding")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void takesNoBytesForTheEmptyMessage(WebVersion version) {
    for (String encoding : List.of("identity", "gzip")) {
      version
          .call(SERVER, proto(UNARY).with("content-encoding", encoding), ByteString.EMPTY)
          .connectReplies(greeting(""))
          .handlerStartsAndConnectionSurvives(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void takesABodyInPieces(int size) {
    ByteString body = named("Ada Lovelace").toByteString();
    List<ByteString> pieces = new java.util.ArrayList<>();
    for (int at = 0; at < body.size(); at += size) {
      pieces.add(body.substring(at, Math.min(body.size(), at + size)));
    }
    WebResponse response = SERVER.connectHttp1().chunked(proto(UNARY), pieces).response();
    assertThat(response.body()).isEqualTo(greeting("Ada Lovelace").toByteString());
  }

  @ParameterizedTest
  @EnumSource
  void givesTrailersAmongTheHeaders(WebVersion version) {
    WebOutcome outcome = version.call(
        SERVER,
        proto(UNARY)
            .with("x-text", "some text")
            .with("x-bytes-bin", "AAEC/w==")
            .with("connect-protocol-version", "1")
            .with("connect-timeout-ms", "5000")
            .with("content-encoding", "identity"),
        named("Ada").toByteString());
    outcome
        .connectReplies(greeting("Ada"))
        .header("x-text", "some text")
        .header("trailer-x-text", "some text")
        .header("x-bytes-bin", "AAEC/w")
        .header("trailer-x-bytes-bin", "AAEC/w");
    for (String own :
        List.of("connect-protocol-version", "connect-timeout-ms", "content-encoding")) {
      assertThat(outcome.response().header("seen-" + own)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "CANCELLED, canceled, 499",
    "UNKNOWN, unknown, 500",
    "INVALID_ARGUMENT, invalid_argument, 400",
    "DEADLINE_EXCEEDED, deadline_exceeded, 504",
    "NOT_FOUND, not_found, 404",
    "ALREADY_EXISTS, already_exists, 409",
    "PERMISSION_DENIED, permission_denied, 403",
    "RESOURCE_EXHAUSTED, resource_exhausted, 429",
    "FAILED_PRECONDITION, failed_precondition, 400",
    "ABORTED, aborted, 409",
    "OUT_OF_RANGE, out_of_range, 400",
    "UNIMPLEMENTED, unimplemented, 501",
    "INTERNAL, internal, 500",
    "UNAVAILABLE, unavailable, 503",
    "DATA_LOSS, data_loss, 500",
    "UNAUTHENTICATED, unauthenticated, 401"
  })
  void tellsEveryCodeWithItsHttpStatusAndDetails(String code, String name, int http) {
    for (WebVersion version : WebVersion.values()) {
      WebOutcome outcome =
          version.call(SERVER, proto("/test.Failing/Code"), named(code).toByteString());
      outcome
          .connectError(http, name, "it is \"" + code + "\": Größe")
          .header("x-head", "1")
          .header("trailer-x-tail", "2");
      assertThat(outcome.response().header("trailer-grpc-status-details-bin")).isEmpty();
      JsonObject detail =
          outcome.response().json().getAsJsonArray("details").get(0).getAsJsonObject();
      assertThat(detail.get("type").getAsString()).isEqualTo("helloworld.HelloRequest");
      assertThat(detail.get("value").getAsString())
          .isEqualTo(
              Base64.getEncoder().withoutPadding().encodeToString(named("Ada").toByteArray()));
      assertThat(detail.get("debug").toString()).isEqualTo("{\"name\":\"Ada\"}");
      outcome.noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsTheTextOfABugToItself(WebVersion version) {
    WebOutcome outcome = version.call(SERVER, proto("/test.Failing/Bug"), ByteString.EMPTY);
    outcome.connectError(500, "unknown", "internal error");
    assertThat(outcome.response().text()).doesNotContain("secret");
  }

  @ParameterizedTest
  @EnumSource
  void readsCompressedRequests(WebVersion version) {
    version
        .call(
            SERVER,
            proto(UNARY).with("content-encoding", "gzip"),
            GrpcFrames.gzip(named("Ada").toByteString()))
        .connectReplies(greeting("Ada"))
        .handlerStartsAndConnectionSurvives(1);
    version
        .call(SERVER, proto(UNARY).with("content-encoding", "br"), named("Ada").toByteString())
        .connectError(501, "unimplemented", "expected: gzip or identity")
        .header("accept-encoding", "gzip")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | | true",
        "br, gzip;q=0.5 | | true",
        "gzip;q=0 | | false",
        "gzip; q=0.0 | | false",
        "identity, gzip | | false",
        "br | | false",
        " | gzip | true",
        "identity | gzip | false",
        " | | false"
      })
  void compressesWhatTheCallerLikesCompressed(String accept, String sent, boolean compressed) {
    String name = "a".repeat(2_000);
    RequestFields fields = proto(UNARY);
    ByteString body = named(name).toByteString();
    if (accept != null) {
      fields = fields.with("accept-encoding", accept);
    }
    if (sent != null) {
      fields = fields.with("content-encoding", sent);
      body = GrpcFrames.gzip(body);
    }
    for (WebVersion version : WebVersion.values()) {
      WebResponse response = version.call(SERVER, fields, body).response();
      assertThat(response.header("content-encoding").isPresent()).isEqualTo(compressed);
      assertThat(response.body().size() < 200).isEqualTo(compressed);
    }
  }
}
