package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.CLIENT_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.SERVER_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC-Web in text mode: base64 that may be cut and padded anywhere. */
@Timeout(120)
class GrpcWebTextTest {

  private static final String TEXT = "application/grpc-web-text";

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  private static RequestFields post(String path) {
    return RequestFields.post(path, TEXT);
  }

  private static ByteString base64(ByteString bytes) {
    return ByteString.copyFrom(Base64.getEncoder().encode(bytes.toByteArray()));
  }

  /** Returns the outcome with the body in bytes. */
  private static WebOutcome decoded(WebOutcome outcome) {
    WebResponse text = outcome.response();
    return new WebOutcome(
        outcome.server(),
        outcome.peer(),
        new WebResponse(text.status(), text.headers(), bytes(text.body())),
        outcome.startsBefore());
  }

  private static ByteString bytes(ByteString text) {
    assertThat(text.size() % 4).isZero();
    ByteString bytes = ByteString.EMPTY;
    for (int at = 0; at < text.size(); at += 4) {
      String group = text.substring(at, at + 4).toString(StandardCharsets.US_ASCII);
      bytes = bytes.concat(ByteString.copyFrom(Base64.getDecoder().decode(group)));
    }
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void answersInText(WebVersion version) {
    for (String type : List.of(TEXT, TEXT + "+proto")) {
      decoded(version.call(
              SERVER,
              RequestFields.post(UNARY, type).with("x-bytes-bin", "AAEC/w"),
              base64(hello("Ada"))))
          .webGreets("Ada")
          .header("content-type", type)
          .header("x-bytes-bin", "AAEC/w")
          .handlerStartsAndConnectionSurvives(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersInTextWhomTextIsAskedFor(WebVersion version) {
    decoded(version.call(
            SERVER,
            RequestFields.post(UNARY, "application/grpc-web+proto").with("accept", TEXT),
            hello("Ada")))
        .webGreets("Ada")
        .header("content-type", TEXT + "+proto")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void streamsInText(WebVersion version) {
    decoded(version.call(SERVER, post(SERVER_STREAMING), base64(hello("Ada"))))
        .webGreets("Ada", "Ada again")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @EnumSource
  void takesPaddingBetweenAndWithinMessages(WebVersion version) {
    ByteString body = hello("Ada").concat(hello("Bob"));
    for (int cut = 0; cut <= body.size(); cut++) {
      decoded(version.call(
              SERVER,
              post(CLIENT_STREAMING),
              base64(body.substring(0, cut)).concat(base64(body.substring(cut)))))
          .webGreets("Ada, Bob");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void takesTextThatIsCutAnywhere(int size) {
    ByteString body = base64(hello("Ada")).concat(base64(hello("Bob")));
    List<ByteString> pieces = new ArrayList<>();
    for (int at = 0; at < body.size(); at += size) {
      pieces.add(body.substring(at, Math.min(body.size(), at + size)));
    }
    WebResponse response =
        SERVER.connectHttp1().chunked(post(CLIENT_STREAMING), pieces).response();
    assertThat(GrpcFrames.split(bytes(response.body())).get(0))
        .isEqualTo(GrpcFrames.message(Greeters.greeting("Ada, Bob")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"AAAA*AAA", "AAAA\n", "AAAA-_AA", "=AAA", "A=AA", "AA=A", "AAA=====", "\u00e4AAA"})
  void answersInternalForWhatIsNoBase64(String text) {
    for (WebVersion version : WebVersion.values()) {
      decoded(version.call(
              SERVER, post(UNARY), ByteString.copyFrom(text, StandardCharsets.ISO_8859_1)))
          .http(200)
          .webStatus(13, "base64")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void answersInternalForTextThatEndsWithinAGroup(int missing) {
    ByteString text = base64(hello("Ada"));
    for (WebVersion version : WebVersion.values()) {
      decoded(version.call(SERVER, post(UNARY), text.substring(0, text.size() - missing)))
          .webStatus(13, "within a message")
          .noHandlerAndConnectionSurvives();
      decoded(version.call(SERVER, post(UNARY), text.concat(text.substring(0, 4 - missing))))
          .webStatus(13, "within a message")
          .noHandlerAndConnectionSurvives();
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersUnimplementedForNoMessageAndForCompression(WebVersion version) {
    decoded(version.call(SERVER, post(UNARY), ByteString.EMPTY))
        .webStatus(12, "got 0")
        .noHandlerAndConnectionSurvives();
    decoded(version.call(SERVER, post(UNARY).with("grpc-encoding", "gzip"), base64(hello("Ada"))))
        .webStatus(12, "text mode")
        .noHandlerAndConnectionSurvives();
    decoded(version.call(
            SERVER, post(UNARY).with("grpc-encoding", "identity"), base64(hello("Ada"))))
        .webGreets("Ada");
  }
}
