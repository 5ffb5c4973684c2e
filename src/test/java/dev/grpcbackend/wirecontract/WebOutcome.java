package dev.grpcbackend.wirecontract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.WebResponse;
import java.util.Arrays;

/** The end of one call from the web, and what the connection under it is good for afterwards. */
record WebOutcome(WireServer server, WebVersion.Peer peer, WebResponse response, int startsBefore) {

  WebOutcome http(int status) {
    assertThat(response.status()).as(response.toString()).isEqualTo(status);
    return this;
  }

  WebOutcome header(String name, String value) {
    assertThat(response.header(name)).as(response.toString()).hasValue(value);
    return this;
  }

  WebOutcome text(String text) {
    assertThat(response.text()).isEqualTo(text);
    return this;
  }

  /** The status of gRPC-Web, and a part of its message. */
  WebOutcome webStatus(int code, String part) {
    assertThat(response.webTrailers())
        .as(response.toString())
        .containsEntry("grpc-status", Integer.toString(code));
    assertThat(response.webTrailers().getOrDefault("grpc-message", "")).contains(part);
    return this;
  }

  /** OK in gRPC-Web and exactly the greetings of these names. */
  WebOutcome webGreets(String... names) {
    webStatus(0, "").http(200);
    assertThat(response.webMessages())
        .containsExactly(Arrays.stream(names)
            .map(name -> Greeters.greeting(name).toByteString())
            .toArray(ByteString[]::new));
    return this;
  }

  /** An error of a unary call in Connect, and a part of its message. */
  WebOutcome connectError(int http, String code, String part) {
    http(http).header("content-type", "application/json");
    return error(response.json(), code, part);
  }

  /** An error at the end of a stream in Connect, and a part of its message. */
  WebOutcome connectEnd(String code, String part) {
    http(200);
    return error(response.connectEnd().getAsJsonObject("error"), code, part);
  }

  private WebOutcome error(JsonObject error, String code, String part) {
    assertThat(error.get("code").getAsString()).as(response.toString()).isEqualTo(code);
    assertThat(error.has("message") ? error.get("message").getAsString() : "").contains(part);
    return this;
  }

  /** OK in a unary call of Connect, and exactly this message in binary. */
  WebOutcome connectReplies(MessageLite message) {
    http(200).header("content-type", "application/proto");
    assertThat(response.body()).isEqualTo(message.toByteString());
    return this;
  }

  /**
   * The handler was started that often, and the connection still serves: a good call on it gets its
   * answer.
   */
  void handlerStartsAndConnectionSurvives(int starts) {
    WebResponse next = peer.call(
        RequestFields.post(Greeters.UNARY, "application/grpc-web+proto"),
        Greeters.hello("survivor"));
    assertThat(next.webMessages())
        .as(next.toString())
        .containsExactly(Greeters.greeting("survivor").toByteString());
    assertThat(server.starts() - startsBefore - 1).as("handler starts").isEqualTo(starts);
  }

  /** The handler did not start, and the connection still serves. */
  void noHandlerAndConnectionSurvives() {
    handlerStartsAndConnectionSurvives(0);
  }
}
