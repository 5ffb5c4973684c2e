package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.server.Protocols;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.WebResponse;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pages of other origins: preflights, and what the responses to their calls say. */
@Timeout(120)
class CorsTest {

  private static final String SHOP = "https://shop.example";
  private static final ByteString ADA = named("Ada").toByteString();

  @RegisterExtension
  static final WireServer SERVER = server(new Protocols.Cors(
      List.of(SHOP, "http://localhost:3000"), List.of("X-Request-Id"), List.of("X-Cost"), true));

  @RegisterExtension
  static final WireServer OPEN =
      server(new Protocols.Cors(List.of("*"), List.of(), List.of(), false));

  @RegisterExtension
  static final WireServer CLOSED = server(Protocols.Cors.DEFAULTS);

  private static WireServer server(Protocols.Cors cors) {
    return new WireServer(
        TestServer.OPTIONS
            .withLimits(WireServer.LIMITS)
            .withProtocols(Protocols.DEFAULTS.withCors(cors)),
        none -> {});
  }

  private static RequestFields preflight(String path, String origin) {
    return RequestFields.get(path)
        .with(":method", "OPTIONS")
        .with("origin", origin)
        .with("access-control-request-method", "POST")
        .with("access-control-request-headers", "content-type,x-request-id");
  }

  private static RequestFields post(String origin) {
    return RequestFields.post(UNARY, "application/proto").with("origin", origin);
  }

  private static void assertUnshared(WebResponse response) {
    assertThat(response.headers()).noneMatch(field -> field.name().startsWith("access-control-"));
  }

  @ParameterizedTest
  @EnumSource
  void answersPreflightsBeforeRouting(WebVersion version) {
    for (String path : List.of(UNARY, "/none/None", "*", "/")) {
      WebOutcome outcome = version.call(SERVER, preflight(path, SHOP), ByteString.EMPTY);
      outcome
          .http(204)
          .header("access-control-allow-origin", SHOP)
          .header("access-control-allow-credentials", "true")
          .header("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE")
          .header("access-control-max-age", "7200")
          .header("vary", "origin, access-control-request-method, access-control-request-headers");
      assertThat(outcome.response().header("access-control-allow-headers").orElseThrow())
          .isEqualTo("content-type, authorization, x-grpc-web, x-user-agent, grpc-timeout, "
              + "connect-protocol-version, connect-timeout-ms, connect-accept-encoding, "
              + "connect-content-encoding, grpc-accept-encoding, grpc-encoding, x-request-id");
      assertThat(outcome.response().body()).isEmpty();
      outcome.noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void allowsNothingToAnotherOrigin(WebVersion version) {
    for (String origin : List.of("https://shop.example.evil", "http://shop.example", "null")) {
      WebOutcome refused = version.call(SERVER, preflight(UNARY, origin), ByteString.EMPTY);
      assertUnshared(refused.http(204).response());
      assertThat(refused.response().header("vary").orElseThrow()).startsWith("origin");
      WebOutcome served = version.call(SERVER, post(origin), ADA);
      served.connectReplies(greeting("Ada")).header("vary", "origin");
      assertUnshared(served.response());
    }
  }

  @ParameterizedTest
  @EnumSource
  void sharesResponsesWithTheirTrailers(WebVersion version) {
    version
        .call(SERVER, post(SHOP).with("x-cost", "3"), ADA)
        .connectReplies(greeting("Ada"))
        .header("access-control-allow-origin", SHOP)
        .header("access-control-allow-credentials", "true")
        .header("vary", "origin")
        .header(
            "access-control-expose-headers",
            "grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding, "
                + "connect-content-encoding, x-cost, trailer-seen-origin, trailer-x-cost")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void sharesGrpcWebAndRefusals(WebVersion version) {
    version
        .call(
            SERVER,
            RequestFields.post(UNARY, "application/grpc-web+proto").with("origin", SHOP),
            Greeters.hello("Ada"))
        .webGreets("Ada")
        .header("access-control-allow-origin", SHOP);
    version
        .call(SERVER, post(SHOP).with("content-type", "image/jpeg"), ADA)
        .http(415)
        .header("access-control-allow-origin", SHOP);
    version
        .call(SERVER, post(SHOP).with(":path", "/none/None"), ADA)
        .http(404)
        .header("access-control-allow-origin", SHOP);
    version
        .call(SERVER, post(SHOP).with(":method", "OPTIONS"), ADA)
        .http(405)
        .header("access-control-allow-origin", SHOP);
  }

  @ParameterizedTest
  @EnumSource
  void sharesWithEverybodyByAStar(WebVersion version) {
    WebOutcome outcome = version.call(OPEN, post("https://anybody.example"), ADA);
    outcome.connectReplies(greeting("Ada")).header("access-control-allow-origin", "*");
    assertThat(outcome.response().header("access-control-allow-credentials")).isEmpty();
    version
        .call(OPEN, preflight(UNARY, "https://anybody.example"), ByteString.EMPTY)
        .http(204)
        .header("access-control-allow-origin", "*");
  }

  @ParameterizedTest
  @EnumSource
  void isOffUnlessThereAreOrigins(WebVersion version) {
    assertUnshared(
        version.call(CLOSED, preflight(UNARY, SHOP), ByteString.EMPTY).http(405).response());
    assertUnshared(
        version.call(CLOSED, post(SHOP), ADA).connectReplies(greeting("Ada")).response());
  }

  @ParameterizedTest
  @EnumSource
  void tellsCachesThatPagesGetSomethingElse(WebVersion version) {
    version
        .call(SERVER, RequestFields.get("/none/None"), ByteString.EMPTY)
        .http(404)
        .header("vary", "origin");
  }
}
