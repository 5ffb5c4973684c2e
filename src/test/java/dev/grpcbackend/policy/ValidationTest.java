package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.WebResponse;
import dev.grpcbackend.testing.ruled.Friend;
import dev.grpcbackend.testing.ruled.Party;
import dev.grpcbackend.testing.ruled.Signup;
import dev.grpcbackend.testing.ruled.Unruled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that break the rules of their .proto file. */
@Timeout(120)
class ValidationTest {

  private static final int INVALID_ARGUMENT = 3;
  private static final Signup ADA =
      Signup.newBuilder().setEmail("ada@example.org").setAge(36).build();
  private static final Signup CHILD = ADA.toBuilder().setAge(7).build();

  private final List<Signup> handled = new CopyOnWriteArrayList<>();
  private TestServer server = start(PolicyFile.DEFAULTS);

  private TestServer start(PolicyFile policy) {
    return TestServer.start(
        TestServer.OPTIONS.withPolicy(policy),
        builder -> builder
            .method(
                "ruled.Signups/Add",
                Signup.class,
                Signup.class,
                ServerCalls.unary((signup, call) -> {
                  handled.add(signup);
                  return Future.succeededFuture(signup);
                }))
            .method(
                "ruled.Signups/Invite",
                Party.class,
                Party.class,
                ServerCalls.unary((party, call) -> Future.succeededFuture(party)))
            .method(
                "ruled.Signups/Follow",
                Signup.class,
                Signup.class,
                ServerCalls.bidi((signups, call) -> {
                  signups.handler(signup -> {
                    handled.add(signup);
                    var unused = call.send(signup);
                  });
                  // It does not look at failures, and would never end.
                  return Promise.<Void>promise().future();
                })));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private WebResponse connect(String method, String json) {
    try (RawHttp1Peer peer = RawHttp1Peer.connect(server.port())) {
      return peer.request(
              RequestFields.post("/ruled.Signups/" + method, "application/json"),
              ByteString.copyFromUtf8(json))
          .response();
    }
  }

  private static List<FieldViolation> violations(WebResponse response) throws Exception {
    JsonObject detail = response.json().getAsJsonArray("details").get(0).getAsJsonObject();
    assertThat(detail.get("type").getAsString()).isEqualTo("google.rpc.BadRequest");
    return BadRequest.parseFrom(Base64.getDecoder().decode(detail.get("value").getAsString()))
        .getFieldViolationsList();
  }

  @Test
  void namesEveryFieldThatIsWrong() throws Exception {
    WebResponse response = connect(
        "Add",
        "{\"email\":\"a@a.org\",\"age\":7,\"friends\":[{\"email\":\"bob\"},{\"email\":\"x\"}],"
            + "\"scores\":{\"go\":1,\"no\":-1}}");
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.json().get("code").getAsString()).isEqualTo("invalid_argument");
    assertThat(violations(response))
        .extracting(FieldViolation::getField, FieldViolation::getReason)
        .containsExactlyInAnyOrder(
            tuple("age", "int32.gte_lt"),
            tuple("friends[1].email", "string.min_len"),
            tuple("scores[\"no\"]", "int32.gte"));
    assertThat(handled).isEmpty();
  }

  @Test
  void checksAMessageAsAWhole() throws Exception {
    String self = "{\"email\":\"a@a.org\",\"age\":20,\"friends\":[{\"email\":\"a@a.org\"}]}";
    WebResponse response = connect("Add", self);
    assertThat(response.json().get("message").getAsString())
        .isEqualTo("nobody is a friend of oneself");
    assertThat(violations(response))
        .extracting(FieldViolation::getField, FieldViolation::getReason)
        .containsExactly(tuple("", "signup.self"));
  }

  @Test
  void checksWhatAMessageHasWithin() throws Exception {
    assertThat(violations(connect("Invite", "{\"guests\":[{\"email\":\"a@a.org\",\"age\":7}]}")))
        .extracting(FieldViolation::getField)
        .containsExactly("guests[0].age");
  }

  @Test
  void letsRightMessagesThrough() {
    assertThat(connect("Add", "{\"email\":\"ada@example.org\",\"age\":36}").status())
        .isEqualTo(200);
    assertThat(handled).containsExactly(ADA);
  }

  @Test
  void tellsNoMoreThanTwentyFields() throws Exception {
    StringBuilder friends = new StringBuilder("{}");
    for (int i = 0; i < 99; i++) {
      friends.append(",{}");
    }
    WebResponse response =
        connect("Add", "{\"email\":\"a@a.org\",\"age\":20,\"friends\":[" + friends + "]}");
    assertThat(response.json().get("message").getAsString())
        .startsWith("friends[0].email: ")
        .endsWith(" (and 99 more)");
    assertThat(violations(response)).hasSize(20);
  }

  @Test
  void endsAStreamAtTheFirstMessageThatIsWrong() {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream call = peer.open(RequestFields.grpc("/ruled.Signups/Follow"))
          .data(GrpcFrames.message(ADA))
          .data(GrpcFrames.message(CHILD))
          .data(GrpcFrames.message(ADA));
      RawResponse response = call.response();
      assertThat(response.messages()).containsExactly(GrpcFrames.message(ADA));
      assertThat(response.grpcStatus()).hasValue(INVALID_ARGUMENT);
      assertThat(response.grpcMessage()).startsWith("age: ");
      assertThat(handled).containsExactly(ADA);
    }
  }

  @Test
  void checksNothingWhereThatIsOff() {
    server.close();
    server = start(new PolicyFile("", Duration.ZERO, false));
    assertThat(connect("Add", "{\"age\":7}").status()).isEqualTo(200);
  }

  @Test
  void isNoStepOfAMethodWithoutRules() {
    assertThat(new Validation().forMethod(bound(Unruled.class))).isSameAs(ServerInterceptor.NONE);
    assertThat(new Validation().forMethod(bound(Friend.class))).isNotSameAs(ServerInterceptor.NONE);
    assertThat(RuledTypes.hasRules(Party.getDescriptor())).isTrue();
  }

  private static <T extends com.google.protobuf.Message> BoundMethod<T, T> bound(Class<T> type) {
    return BoundMethod.of(
        "ruled.Any/Call",
        type,
        type,
        ServerCalls.unary((message, call) -> Future.succeededFuture(message)));
  }
}
