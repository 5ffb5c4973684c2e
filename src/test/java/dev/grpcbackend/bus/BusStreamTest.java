package dev.grpcbackend.bus;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.eventbus.Cancel;
import dev.grpcbackend.proto.eventbus.Ping;
import dev.grpcbackend.proto.eventbus.TransportFrame;
import dev.grpcbackend.proto.eventbus.TransportFrame.FrameCase;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that stream, opened by a message to the address of a channel. */
@Timeout(120)
class BusStreamTest {

  private static final String CHAT = "helloworld.Greeter/Chat";
  private static final String LANGUAGES = "helloworld.Greeter/SayHelloInManyLanguages";

  private final Vertx vertx = Vertx.vertx();
  private final Promise<Void> started = Promise.promise();
  private final Promise<Status> closed = Promise.promise();

  @SuppressWarnings("NullAway.Init") // set before each test
  private TestServer server;

  @BeforeEach
  void deploy() {
    server = TestServer.start(
        TestServer.OPTIONS.withServices(
            new ServerOptions.Services(List.of(), false, true, false, false)),
        builder -> builder
            .service(new GreeterService())
            .method(method("Deaf", ServerCalls.bidi((requests, call) -> {
              requests.pause();
              call.closed().onSuccess(closed::tryComplete);
              call.sendHeaders();
              started.complete();
              return Promise.<Void>promise().future();
            })))
            .method(method("Break", ServerCalls.serverStreaming((request, call) -> {
              call.send(HelloReply.newBuilder().setMessage("one").build());
              return Future.failedFuture(Status.DATA_LOSS.withDescription("two").asException());
            }))));
    JsonObject greetings = new JsonObject().put("target", "127.0.0.1:" + server.port());
    await(vertx.deployVerticle(
        new GrpcBusVerticle(),
        new DeploymentOptions()
            .setConfig(
                new JsonObject().put("channels", new JsonObject().put("greetings", greetings)))));
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

  private BusClient open(String action, boolean json, DeliveryOptions more) {
    return new BusClient(vertx, json).open("greetings", action, more);
  }

  private BusClient open(String action) {
    return open(action, false, new DeliveryOptions());
  }

  private static ByteString name(String name) {
    return HelloRequest.newBuilder().setName(name).build().toByteString();
  }

  private static String greeting(TransportFrame frame) throws Exception {
    return HelloReply.parseFrom(frame.getMessage().getPayload()).getMessage();
  }

  @Test
  void speaksBothWays() throws Exception {
    BusClient chat = open(CHAT).grant(10).message(name("Ada"));
    assertThat(chat.frame().getFrameCase()).isEqualTo(FrameCase.HEADERS);
    TransportFrame first = chat.frame();
    assertThat(greeting(first)).isEqualTo("Hello Ada");
    assertThat(first.getStreamSequence()).isEqualTo(1);
    chat.message(name("Bo")).halfClose();
    TransportFrame second = chat.frame();
    assertThat(greeting(second)).isEqualTo("Hello Bo");
    assertThat(second.getStreamSequence()).isEqualTo(2);
    TransportFrame end = chat.frame();
    assertThat(end.getFrameCase()).isEqualTo(FrameCase.TRAILERS);
    assertThat(end.getTrailers().getStatus()).isZero();
  }

  @Test
  void speaksJson() throws Exception {
    BusClient languages = open(LANGUAGES, true, new DeliveryOptions())
        .grant(10)
        .message(ByteString.copyFromUtf8("{\"name\":\"Ada\"}"))
        .halfClose();
    assertThat(languages.frame().hasHeaders()).isTrue();
    List<String> greetings = new ArrayList<>();
    TransportFrame frame = languages.frame();
    while (frame.hasMessage()) {
      greetings.add(
          new JsonObject(frame.getMessage().getPayload().toStringUtf8()).getString("message"));
      frame = languages.frame();
    }
    assertThat(greetings)
        .containsExactly("Hello Ada", "Hola Ada", "Bonjour Ada", "Hallo Ada", "Ciao Ada");
    assertThat(frame.getTrailers().getStatus()).isZero();
  }

  @Test
  void sendsNoMoreThanWasGranted() throws Exception {
    BusClient languages = open(LANGUAGES).grant(2).message(name("Ada")).halfClose();
    assertThat(languages.frame().hasHeaders()).isTrue();
    assertThat(greeting(languages.frame())).isEqualTo("Hello Ada");
    assertThat(greeting(languages.frame())).isEqualTo("Hola Ada");
    // What is asked for after it comes first, if there is nothing to come before it.
    languages.send(TransportFrame.newBuilder().setPing(Ping.newBuilder().setData(7)));
    TransportFrame pong = languages.frame();
    assertThat(pong.getPing().getAck()).isTrue();
    assertThat(pong.getPing().getData()).isEqualTo(7);
    languages.grant(1);
    assertThat(greeting(languages.frame())).isEqualTo("Bonjour Ada");
    languages.grant(5);
    assertThat(greeting(languages.frame())).isEqualTo("Hallo Ada");
    assertThat(greeting(languages.frame())).isEqualTo("Ciao Ada");
    assertThat(languages.frame().hasTrailers()).isTrue();
  }

  @Test
  void grantsMoreAsTheServerTakesIt() throws Exception {
    BusClient toAll = open("helloworld.Greeter/SayHelloToAll").grant(1);
    int granted = toAll.window();
    for (int i = 0; i < 500; i++) {
      while (granted == 0) {
        TransportFrame frame = toAll.frame();
        granted += frame.getWindowUpdate().getDelta();
      }
      granted--;
      toAll.message(name("x"));
    }
    toAll.halfClose();
    TransportFrame frame = toAll.frame();
    while (!frame.hasMessage()) {
      frame = toAll.frame();
    }
    assertThat(greeting(frame)).startsWith("Hello x");
    assertThat(toAll.frame().getTrailers().getStatus()).isZero();
  }

  @Test
  void endsAStreamThatSendsMoreThanWasGranted() throws Exception {
    BusClient deaf = open("test.Bus/Deaf").grant(1);
    await(started.future());
    ByteString large = name("x".repeat(200_000));
    for (int i = 0; i < 200; i++) {
      deaf.message(large);
    }
    TransportFrame frame = deaf.frame();
    while (!frame.hasCancel()) {
      frame = deaf.frame();
    }
    assertThat(frame.getCancel().getStatus()).isEqualTo(8);
    assertThat(frame.getCancel().getReason()).startsWith("more than 64 messages");
    assertThat(await(closed.future()).code()).isEqualTo(GrpcStatus.CANCELLED);
  }

  @Test
  void tellsHowAStreamHasFailedBehindItsMessages() throws Exception {
    BusClient broken = open("test.Bus/Break").grant(10).message(name("Ada")).halfClose();
    assertThat(broken.frame().hasHeaders()).isTrue();
    assertThat(greeting(broken.frame())).isEqualTo("one");
    TransportFrame end = broken.frame();
    assertThat(end.getTrailers().getStatus()).isEqualTo(15);
    assertThat(end.getTrailers().getStatusMessage()).isEqualTo("two");
  }

  @Test
  void tellsTheServerThatTheClientCancels() {
    BusClient deaf = open("test.Bus/Deaf").grant(1);
    await(started.future());
    deaf.send(TransportFrame.newBuilder().setCancel(Cancel.newBuilder().setStatus(1)));
    assertThat(await(closed.future()).code()).isEqualTo(GrpcStatus.CANCELLED);
  }

  @Test
  void endsTheStreamsOfAClientThatIsSilent() throws Exception {
    BusClient deaf = open(
            "test.Bus/Deaf", false, new DeliveryOptions().addHeader("grpc-ping-timeout", "50"))
        .grant(1);
    TransportFrame frame = deaf.frame();
    while (!frame.hasCancel()) {
      frame = deaf.frame();
    }
    assertThat(frame.getCancel().getStatus()).isEqualTo(14);
    assertThat(frame.getCancel().getReason())
        .isEqualTo("no ping from " + deaf.ownAddress() + " within 50 ms");
    assertThat(await(closed.future()).code()).isEqualTo(GrpcStatus.CANCELLED);
  }

  @Test
  void endsAStreamWhoseClientIsNotThereAnyMore() {
    BusClient deaf = open("test.Bus/Deaf");
    await(started.future());
    deaf.vanish();
    // Its headers find nobody.
    deaf.grant(1);
    assertThat(await(closed.future()).code()).isEqualTo(GrpcStatus.CANCELLED);
  }

  @Test
  void endsAStreamAtItsTimeout() throws Exception {
    BusClient deaf = open(
            "test.Bus/Deaf", false, new DeliveryOptions().addHeader("grpc-timeout", "50m"))
        .grant(1);
    TransportFrame frame = deaf.frame();
    while (!frame.hasTrailers()) {
      frame = deaf.frame();
    }
    assertThat(frame.getTrailers().getStatus()).isEqualTo(4);
  }

  @Test
  void refusesANumberThatIsNone() {
    DeliveryOptions options = new DeliveryOptions()
        .addHeader("action", CHAT)
        .addHeader("grpc-client-address", "here")
        .addHeader("grpc-stream-id", "one");
    Future<Message<Object>> asked = vertx.eventBus().request("greetings", null, options);
    assertThat(await(asked.<Throwable>transform(done -> Future.succeededFuture(done.cause()))))
        .hasMessage("header grpc-stream-id: one (expected: a number from 1 on)");
  }
}
