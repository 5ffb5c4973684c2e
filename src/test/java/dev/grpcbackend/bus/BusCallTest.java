package dev.grpcbackend.bus;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.BadRequest;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What another verticle sends to the address of a channel, and gets. */
@Timeout(120)
class BusCallTest {

  private static final String SAY_HELLO = "helloworld.Greeter/SayHello";
  private static final JsonObject ADA = new JsonObject().put("name", "Ada");
  private static final Buffer ADA_BYTES =
      Buffer.buffer(HelloRequest.newBuilder().setName("Ada").build().toByteArray());

  private final Vertx vertx = Vertx.vertx();

  @SuppressWarnings("NullAway.Init") // set before each test
  private TestServer server;

  @BeforeEach
  void deploy() {
    server = TestServer.start(
        TestServer.OPTIONS.withServices(
            new ServerOptions.Services(List.of(), false, true, false, false)),
        builder -> builder
            .service(new GreeterService())
            .method(method("Echo", ServerCalls.unary((request, call) -> {
              call.responseHeaders().add("x-before", call.headers().get("x-sent") + "!");
              call.trailers().add("x-after", "behind");
              return Future.succeededFuture(HelloReply.getDefaultInstance());
            })))
            .method(method("Wait", ServerCalls.unary((request, call) -> {
              Promise<HelloReply> never = Promise.promise();
              return never.future();
            })))
            .method(method(
                "Refuse",
                ServerCalls.unary((request, call) -> Future.failedFuture(Status.INVALID_ARGUMENT
                    .withDescription("name: " + request.getName())
                    .withDetails(BadRequest.newBuilder()
                        .addFieldViolations(
                            BadRequest.FieldViolation.newBuilder().setField("name"))
                        .build())))))
            .method(method(
                "Deny",
                ServerCalls.unary((request, call) -> Future.failedFuture(
                    Status.PERMISSION_DENIED.withDescription("not you").asException())))));
    JsonObject greetings = new JsonObject()
        .put("target", "127.0.0.1:" + server.port())
        .put("services", new JsonArray().add("helloworld.Greeter"));
    JsonObject nowhere = new JsonObject().put("target", "127.0.0.1:1");
    deploy(new JsonObject()
        .put("channels", new JsonObject().put("greetings", greetings).put("nowhere", nowhere)));
  }

  private void deploy(JsonObject config) {
    await(vertx.deployVerticle(new GrpcBusVerticle(), new DeploymentOptions().setConfig(config)));
  }

  @AfterEach
  void close() {
    await(vertx.close());
    server.close();
  }

  private static BoundMethod<HelloRequest, HelloReply> method(
      String name, ServerCalls.Shaped<HelloRequest, HelloReply> handler) {
    return BoundMethod.of("test.Bus/" + name, HelloRequest.class, HelloReply.class, handler);
  }

  private static DeliveryOptions action(String method) {
    return new DeliveryOptions().addHeader("action", method);
  }

  private Future<Message<Object>> ask(
      String address, @Nullable Object body, DeliveryOptions options) {
    return vertx.eventBus().request(address, body, options);
  }

  private ReplyException refusal(@Nullable Object body, DeliveryOptions options) {
    return refusal("greetings", body, options);
  }

  private ReplyException refusal(String address, @Nullable Object body, DeliveryOptions options) {
    return (ReplyException) await(ask(address, body, options)
        .<Throwable>transform(reply -> Future.succeededFuture(reply.cause())));
  }

  @Test
  void answersJsonWithJson() {
    Message<Object> reply = await(ask("greetings", ADA, action(SAY_HELLO)));
    assertThat(reply.body()).isEqualTo(new JsonObject().put("message", "Hello Ada"));
    assertThat(reply.headers().get("grpc-wire-format")).isEqualTo("json");
    assertThat(
            await(ask("greetings", null, action(SAY_HELLO).addHeader("grpc-wire-format", "json")))
                .body())
        .isEqualTo(new JsonObject().put("message", "Hello "));
  }

  @Test
  void answersBytesWithBytes() throws Exception {
    Message<Object> reply = await(ask("greetings", ADA_BYTES, action(SAY_HELLO)));
    assertThat(HelloReply.parseFrom(((Buffer) reply.body()).getBytes()).getMessage())
        .isEqualTo("Hello Ada");
    assertThat(reply.headers().get("grpc-wire-format")).isEqualTo("proto");
  }

  @Test
  void understandsTheClientsOfVertxOwnTransport() throws Exception {
    // Their address is the service, their action the method.
    DeliveryOptions options = action("SayHello").addHeader("grpc-wire-format", "proto");
    Message<Object> reply = await(ask("helloworld.Greeter", ADA_BYTES, options));
    assertThat(HelloReply.parseFrom(((Buffer) reply.body()).getBytes()).getMessage())
        .isEqualTo("Hello Ada");
    DeliveryOptions older = action("SayHello").addHeader("grpc-wire-format", "JSON");
    assertThat(await(ask("helloworld.Greeter", ADA, older)).body())
        .isEqualTo(new JsonObject().put("message", "Hello Ada"));
  }

  @Test
  void carriesMetadataBothWays() {
    Message<Object> reply = await(ask(
        "greetings",
        Buffer.buffer(),
        action("test.Bus/Echo").addHeader("__header__.x-sent", "here")));
    assertThat(reply.headers().get("__header__.x-before")).isEqualTo("here!");
    assertThat(reply.headers().get("__trailer__.x-after")).isEqualTo("behind");
  }

  @Test
  void failsWithTheCodeAndTheDescriptionOfTheStatus() {
    ReplyException refusal = refusal(ADA_BYTES, action("test.Bus/Deny"));
    assertThat(refusal.failureType()).isEqualTo(ReplyFailure.RECIPIENT_FAILURE);
    assertThat(refusal.failureCode()).isEqualTo(7);
    assertThat(refusal.getMessage()).isEqualTo("not you");
  }

  @Test
  void failsWithTheDetailsOfTheStatus() {
    ReplyException refusal = refusal(ADA_BYTES, action("test.Bus/Refuse"));
    assertThat(refusal.failureCode()).isEqualTo(3);
    assertThat(new JsonObject(refusal.getMessage()).getString("message")).isEqualTo("name: Ada");
    StatusException status = BusFailure.of(refusal);
    assertThat(status.status()).isEqualTo(Status.INVALID_ARGUMENT.withDescription("name: Ada"));
    BadRequest detail = status.detail(BadRequest.class);
    assertThat(detail).isNotNull();
    assertThat(detail.getFieldViolations(0).getField()).isEqualTo("name");
  }

  @Test
  void failsWithUnavailableWhereNobodyListensAndWhereTheServerIsAway() {
    assertThat(BusFailure.of(refusal("nobody", ADA, action(SAY_HELLO))).code())
        .isEqualTo(GrpcStatus.UNAVAILABLE);
    ReplyException away = refusal("nowhere", ADA_BYTES, action(SAY_HELLO));
    assertThat(away.failureCode()).isEqualTo(14);
    assertThat(away.getMessage()).contains("127.0.0.1:1");
  }

  @Test
  void endsACallAtItsTimeout() {
    ReplyException late =
        refusal(ADA_BYTES, action("test.Bus/Wait").addHeader("grpc-timeout", "50m"));
    assertThat(late.failureCode()).isEqualTo(4);
    assertThat(BusFailure.of(late).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @Test
  void namesTheHeaderOrTheBodyThatIsWrong() {
    assertThat(refusal(ADA, new DeliveryOptions()).getMessage())
        .isEqualTo("header action: none (expected: package.Service/Method)");
    assertThat(refusal(ADA, action("SayHello")).getMessage())
        .isEqualTo("header action: SayHello (expected: package.Service/Method)");
    assertThat(refusal(ADA, action(SAY_HELLO).addHeader("grpc-timeout", "soon")).getMessage())
        .startsWith("header grpc-timeout: soon (expected: digits and one of H M S m u n");
    assertThat(
            refusal(ADA, action(SAY_HELLO).addHeader("grpc-wire-format", "xml")).getMessage())
        .isEqualTo("header grpc-wire-format: xml (expected: proto or json)");
    assertThat(refusal("Ada", action(SAY_HELLO)).getMessage())
        .isEqualTo("body: String (expected: a Buffer)");
    ReplyException unknownField = refusal(new JsonObject().put("nam", 1), action(SAY_HELLO));
    assertThat(unknownField.failureCode()).isEqualTo(3);
    assertThat(unknownField.getMessage()).startsWith("body is no helloworld.HelloRequest: ");
    ReplyException unknown = refusal(ADA, action("helloworld.Greeter/SayHelo"));
    assertThat(unknown.failureCode()).isEqualTo(12);
    assertThat(unknown.getMessage()).contains("SayHelo", "SayHello");
    assertThat(refusal(ADA_BYTES, action("helloworld.Greeter/SayHelo")).failureCode())
        .isEqualTo(12);
  }

  @Test
  void makesSoManyCallsAtATime() {
    for (int i = 0; i < BusChannel.MAX_CALLS; i++) {
      var unused = ask("greetings", ADA_BYTES, action("test.Bus/Wait"));
    }
    assertThat(refusal(ADA_BYTES, action(SAY_HELLO)).failureCode()).isEqualTo(8);
  }

  @Test
  void doesNotStartWithoutChannelsOrWithOptionsThatItDoesNotKnow() {
    assertThatThrownBy(() -> deploy(new JsonObject()))
        .hasRootCauseMessage("channels: none (expected: a channel for each address)");
    assertThatThrownBy(() -> deploy(new JsonObject()
            .put("channels", new JsonObject().put("a", new JsonObject().put("targt", "b:1")))))
        .rootCause()
        .hasMessageContaining("channels.a")
        .hasMessageContaining("target");
  }
}
