package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.sayHello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Content type, verb, path and the fields that HTTP/2 itself rules. */
@Timeout(120)
class RequestHeadTest {

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  @ParameterizedTest
  @CsvSource({
    "application/grpc, application/grpc",
    "application/grpc+proto, application/grpc+proto",
    "APPLICATION/GRPC, application/grpc",
    "Application/Grpc+Proto, application/grpc+proto",
    "application/grpc;charset=utf-8, application/grpc",
    "application/grpc+proto; charset=utf-8, application/grpc+proto"
  })
  void echoesTheContentTypeWithoutParameters(String contentType, String echoed) {
    SERVER
        .call(sayHello().with("content-type", contentType), hello("Ada"))
        .greets("Ada")
        .header("content-type", echoed)
        .handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void readsAndWritesJsonUnderTheJsonSubtype() {
    ByteString json = ByteString.copyFromUtf8("{\"name\":\"Ada\"}");
    Outcome outcome = SERVER
        .call(sayHello().with("content-type", "application/grpc+json"), GrpcFrames.frame(0, json))
        .status(0)
        .header("content-type", "application/grpc+json");
    assertThat(GrpcFrames.payload(outcome.response().messages().get(0)).toStringUtf8())
        .isEqualTo("{\"message\":\"Hello Ada\"}");
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  /** In our own words: what the parser says may quote secrets, or name classes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"name\":| malformed JSON at byte 8 (expected: a value)",
        "{\"name\":\"Ada\"| malformed JSON at byte 13 (expected: a comma or })",
        "{\"nickname\":\"secret\"}| unknown field \"nickname\" of helloworld.HelloRequest",
        "{\"name\":{\"secret\":1}}| name: an object (expected: string)",
        "[\"secret\"]| an array (expected: an object)",
        "secret| malformed JSON at byte 0 (expected: a value)"
      })
  void refusesWhatIsNoJsonOfTheMessage(String json, String complaint) {
    SERVER
        .call(
            sayHello().with("content-type", "application/grpc+json"),
            GrpcFrames.frame(0, ByteString.copyFromUtf8(json)))
        .status(13)
        .header("content-type", "application/grpc+json")
        .header("grpc-message", complaint)
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/grpcfoo",
        "application/grpc+xml",
        "application/grpc+",
        "application/grp",
        "application/grpc/proto",
        ""
      })
  void refusesOtherContentTypesByHttpStatus(String contentType) {
    SERVER
        .call(sayHello().with("content-type", contentType), hello("Ada"))
        .http(415)
        .withoutGrpcStatus()
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void refusesAMissingContentTypeByHttpStatus() {
    SERVER
        .call(sayHello().without("content-type"), hello("Ada"))
        .http(415)
        .withoutGrpcStatus()
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "post", "BREW"})
  void refusesOtherVerbsByHttpStatusAndNamesPost(String verb) {
    SERVER
        .call(sayHello().with(":method", verb), hello("Ada"))
        .http(405)
        .header("allow", "POST")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void refusesAnEmptyGetWithoutContentType() {
    SERVER
        .call(sayHello().with(":method", "GET").without("content-type"), RawStream::end)
        .http(405)
        .header("allow", "POST")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void acceptsARequestWithoutTe() {
    SERVER
        .call(sayHello().without("te"), hello("Ada"))
        .greets("Ada")
        .handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void refusesMoreThanOneHost() {
    SERVER
        .call(sayHello().and("host", "localhost").and("host", "elsewhere"), hello("Ada"))
        .http(400)
        .header("grpc-status", "13")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void takesTheHostWhereTheAuthorityIsMissing() {
    SERVER
        .call(sayHello().without(":authority").with("host", "localhost"), hello("Ada"))
        .greets("Ada")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/helloworld.Greeter/Nothing",
        "/helloworld.Nobody/SayHello",
        "//helloworld.Greeter/SayHello",
        "/helloworld.Greeter//SayHello",
        "/helloworld.Greeter/SayHello/",
        "/a/helloworld.Greeter/SayHello",
        "/helloworld.Greeter/SayHello/a",
        "/helloworld.greeter/SayHello",
        "/helloworld.Greeter/sayHello",
        "/helloworld.Greeter/%53ayHello",
        "/x/../helloworld.Greeter/SayHello",
        "/helloworld.Greeter/SayHello%00",
        "/helloworld.Greeter/SayHello;x",
        "/helloworld.Greeter/SayHello#x",
        "/helloworld.Greeter/SayHello?x=1",
        "/helloworld.Greeter/SayHello?",
        "/helloworld.Greeter",
        "/helloworld.Greeter/",
        "/",
        "//"
      })
  void answersUnimplementedUnlessThePathIsExact(String path) {
    SERVER
        .call(sayHello().with(":path", path), hello("Ada"))
        .refusedWith(12)
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "helloworld.Greeter/SayHello",
        "http://localhost/helloworld.Greeter/SayHello",
        "/helloworld.Greeter/Grüße"
      })
  void refusesWhatIsNoPathByHttpStatusAndUnimplemented(String path) {
    SERVER
        .call(sayHello().with(":path", path), hello("Ada"))
        .http(404)
        .header("grpc-status", "12")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void answersUnimplementedForALongPathWithoutRepeatingIt() {
    Outcome outcome = SERVER
        .call(sayHello().with(":path", "/" + "a".repeat(5_000) + "/b"), hello("Ada"))
        .refusedWith(12);
    assertThat(outcome.response().grpcMessage().length()).isLessThanOrEqualTo(300);
    outcome.noHandlerAndConnectionSurvives();
  }

  @Test
  void endsTheResponseOfARefusalBeforeItAsksToStopTheRequest() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.open(sayHello().with(":path", "/a.B/C"));
    assertThat(stream.response().grpcStatus()).hasValue(12);
    assertThat(stream.reset().resetCode()).hasValue(0);
  }
}
