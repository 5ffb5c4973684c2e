package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.sayHello;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Timeout, encodings and metadata of a request. */
@Timeout(120)
class CallFieldsTest {

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  @ParameterizedTest
  @ValueSource(
      strings = {"10S", "1H", "1M", "5000m", "9000000u", "99999999H", "99999999S", "00000009S"})
  void acceptsOneToEightDigitsAndAUnit(String timeout) {
    SERVER
        .call(sayHello().with("grpc-timeout", timeout), hello("Ada"))
        .greets("Ada")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0S", "0n", "00000000H", "1n"})
  void answersDeadlineExceededWhenTheTimeIsUpOnArrival(String timeout) {
    SERVER
        .call(sayHello().with("grpc-timeout", timeout), hello("Ada"))
        .refusedWith(4)
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abc",
        "-5S",
        "+5S",
        "1.5S",
        "5",
        "S",
        "",
        "123456789S",
        "1s",
        "1h",
        "5 S",
        "1SS",
        "١S"
      })
  void answersInternalForAMalformedTimeout(String timeout) {
    SERVER
        .call(sayHello().with("grpc-timeout", timeout), hello("Ada"))
        .refusedWith(13)
        .message("malformed grpc-timeout")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @CsvSource({"5S, 5S", "5S, 6S"})
  void answersInternalForTwoTimeouts(String first, String second) {
    SERVER
        .call(sayHello().and("grpc-timeout", first).and("grpc-timeout", second), hello("Ada"))
        .refusedWith(13)
        .message("malformed grpc-timeout")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "gzip"})
  void acceptsPlainMessagesUnderEveryKnownEncoding(String encoding) {
    SERVER
        .call(sayHello().with("grpc-encoding", encoding), hello("Ada"))
        .greets("Ada")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"deflate", "snappy", "br", "x-gzip", ""})
  void answersUnimplementedForAnUnknownEncodingAndNamesTheKnown(String encoding) {
    SERVER
        .call(sayHello().with("grpc-encoding", encoding), hello("Ada"))
        .refusedWith(12)
        .message("gzip")
        .header("grpc-accept-encoding", "gzip")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void refusesMetadataOverTheSoftLimitByHttpStatusAndResourceExhausted() {
    SERVER
        .call(sayHello().with("x-large", "a".repeat(8 << 10)), hello("Ada"))
        .http(431)
        .header("grpc-status", "8")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void countsThirtyTwoBytesForEachField() {
    var fields = sayHello();
    for (int i = 0; i < 250; i++) {
      fields = fields.and("x-a", "");
    }
    SERVER
        .call(fields, hello("Ada"))
        .http(431)
        .header("grpc-status", "8")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void acceptsMetadataBelowTheSoftLimit() {
    SERVER
        .call(sayHello().with("y-large", "a".repeat(7 << 10)), hello("Ada"))
        .status(0)
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {66, 70, 95, 200})
  void endsTheConnectionOnAHeaderBlockOverTheHardLimit(int kibibytes) {
    int before = SERVER.starts();
    RawHttp2Peer peer = SERVER.connect();
    peer.openAndEnd(sayHello().with("x-huge", "a".repeat(kibibytes << 10)));
    assertThat(peer.goAway(frame -> true).integer(4)).isEqualTo(11);
    peer.awaitEnd();
    assertThat(SERVER.starts()).isEqualTo(before);
  }

  @Test
  void readsBinaryMetadataWithAndWithoutPaddingAndWritesItWithout() {
    String padded = Base64.getEncoder().encodeToString(new byte[] {1, 2, (byte) 0xFF, 4});
    String unpadded = padded.replace("=", "");
    Outcome outcome = SERVER
        .call(sayHello().and("x-one-bin", padded).and("x-two-bin", unpadded), hello("Ada"))
        .greets("Ada")
        .header("x-one-bin", unpadded)
        .header("x-two-bin", unpadded);
    assertThat(outcome.response().trailer("x-one-bin")).hasValue(unpadded);
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void splitsBinaryMetadataAtCommasBeforeDecoding() {
    Outcome outcome =
        SERVER.call(sayHello().with("x-many-bin", "AQ==,Ag,Aw=="), hello("Ada")).greets("Ada");
    String values = String.join(
        ",",
        outcome.response().headerBlocks().get(0).fields().stream()
            .filter(field -> field.name().equals("x-many-bin"))
            .map(field -> field.value())
            .toList());
    assertThat(values).isEqualTo("AQ,Ag,Aw");
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"!", "A", "AQ=", "A_-Q", "AQ==AQ=="})
  void answersInternalForBinaryMetadataThatIsNotBase64(String value) {
    SERVER
        .call(sayHello().with("x-bad-bin", value), hello("Ada"))
        .refusedWith(13)
        .message("x-bad-bin")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void servesCallsWithTextBeyondAsciiAndDoesNotSendItBack() {
    Outcome outcome = SERVER
        .call(sayHello().with("x-text", "gr\u00fc\u00df").with("x-tab", "a\tb"), hello("Ada"))
        .greets("Ada");
    assertThat(outcome.response().header("x-text")).isEmpty();
    assertThat(outcome.response().header("x-tab")).isEmpty();
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void hidesReservedNamesButForThePreviousAttempts() {
    Outcome outcome = SERVER
        .call(
            sayHello()
                .with("grpc-custom", "1")
                .with("grpc-tags-bin", "AQ")
                .with("grpc-previous-rpc-attempts", "2")
                .with("other", "3"),
            hello("Ada"))
        .greets("Ada");
    RawResponse response = outcome.response();
    assertThat(response.header("seen-grpc-custom")).isEmpty();
    assertThat(response.header("seen-grpc-previous-rpc-attempts")).hasValue("yes");
    assertThat(response.header("seen-other")).hasValue("yes");
    assertThat(response.header("seen-te")).isEmpty();
    assertThat(response.header("seen-content-type")).isEmpty();
    outcome.handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void keepsTheOrderOfRepeatedMetadata() {
    Outcome outcome = SERVER
        .call(sayHello().and("x-a", "1").and("x-a", "2").and("x-a", "3, 4"), hello("Ada"))
        .greets("Ada");
    assertThat(outcome.response().headerBlocks().get(0).fields().stream()
            .filter(field -> field.name().equals("x-a"))
            .map(field -> field.value()))
        .containsExactly("1", "2", "3, 4");
  }

  @Test
  void servesAHeaderBlockThatIsSplitOverManyFrames() {
    RawHttp2Peer peer = SERVER.connect();
    RawResponse response = peer.openInPieces(sayHello(), 30).end(hello("Ada")).response();
    assertThat(GrpcFrames.payload(response.messages().get(0)))
        .isEqualTo(Greeters.greeting("Ada").toByteString());
  }
}
