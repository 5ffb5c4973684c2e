package dev.grpcbackend.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TutorialServicesTest {

  private final BuiltInServer server = new BuiltInServer();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void processReturnsTheText() {
    Response response = server.unary(
        "Service/Process",
        Request.newBuilder().setText("¿qué tal?").build(),
        Response.getDefaultInstance());

    assertThat(response.getText()).isEqualTo("¿qué tal?");
  }

  @Test
  void sayHelloGreetsByName() {
    HelloReply reply = server.unary(
        "helloworld.Greeter/SayHello", request("world"), HelloReply.getDefaultInstance());

    assertThat(reply.getMessage()).isEqualTo("Hello world");
  }

  @Test
  void sayHelloInManyLanguagesSendsOneReplyForEach() throws Exception {
    Received<HelloReply> replies = new Received<>();
    ClientCalls.asyncServerStreamingCall(
        call("SayHelloInManyLanguages", MethodType.SERVER_STREAMING), request("Ada"), replies);

    assertThat(replies.rest().stream().map(HelloReply::getMessage))
        .containsExactly("Hello Ada", "Hola Ada", "Bonjour Ada", "Hallo Ada", "Ciao Ada");
    assertThat(replies.end()).isEqualTo(Status.OK);
  }

  @Test
  void sayHelloToAllGreetsEverybodyInOneReply() throws Exception {
    assertThat(toAll(List.of("Ada", "Bo", "Cy")).next().getMessage())
        .isEqualTo("Hello Ada, Bo and Cy");
    assertThat(toAll(List.of("Ada", "Bo")).next().getMessage()).isEqualTo("Hello Ada and Bo");
    assertThat(toAll(List.of("Ada")).next().getMessage()).isEqualTo("Hello Ada");
    assertThat(toAll(List.of()).next().getMessage()).isEqualTo("Hello nobody");
  }

  @Test
  void sayHelloToAllRefusesMoreNamesThanItKeeps() throws Exception {
    assertThat(toAll(Collections.nCopies(GuestList.MAX_NAMES, "A")).end()).isEqualTo(Status.OK);

    Status status = toAll(Collections.nCopies(GuestList.MAX_NAMES + 1, "A")).end();

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).isEqualTo("names: more than 1000 (expected: at most 1000)");
  }

  @Test
  void sayHelloToAllRefusesMoreCharactersThanItKeeps() throws Exception {
    String half = "x".repeat(GuestList.MAX_CHARACTERS / 2);
    assertThat(toAll(List.of(half, half)).end()).isEqualTo(Status.OK);

    Status status = toAll(List.of(half, half, "y")).end();

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription())
        .isEqualTo("characters of all names: 65537 (expected: at most 65536)");
  }

  @Test
  void chatGreetsEachBeforeTheNextIsSent() throws Exception {
    Received<HelloReply> replies = new Received<>();
    StreamObserver<HelloRequest> names =
        ClientCalls.asyncBidiStreamingCall(call("Chat", MethodType.BIDI_STREAMING), replies);

    for (String name : List.of("Ada", "Bo", "Cy")) {
      names.onNext(request(name));
      assertThat(replies.next().getMessage()).isEqualTo("Hello " + name);
    }
    names.onCompleted();

    assertThat(replies.end()).isEqualTo(Status.OK);
  }

  @Test
  void chatLosesNothingOfALongConversation() throws Exception {
    Received<HelloReply> replies = new Received<>();
    StreamObserver<HelloRequest> names =
        ClientCalls.asyncBidiStreamingCall(call("Chat", MethodType.BIDI_STREAMING), replies);
    String padding = "-".repeat(1_000);

    for (int i = 0; i < 1_000; i++) {
      names.onNext(request(i + padding));
    }
    names.onCompleted();

    assertThat(replies.end()).isEqualTo(Status.OK);
    List<HelloReply> all = replies.rest();
    assertThat(all).hasSize(1_000);
    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).getMessage()).isEqualTo("Hello " + i + padding);
    }
  }

  private Received<HelloReply> toAll(List<String> names) throws Exception {
    Received<HelloReply> reply = new Received<>();
    StreamObserver<HelloRequest> requests = ClientCalls.asyncClientStreamingCall(
        call("SayHelloToAll", MethodType.CLIENT_STREAMING), reply);
    names.forEach(name -> requests.onNext(request(name)));
    requests.onCompleted();
    reply.end();
    return reply;
  }

  private ClientCall<HelloRequest, HelloReply> call(String method, MethodType type) {
    return server.call(
        "helloworld.Greeter/" + method,
        type,
        HelloRequest.getDefaultInstance(),
        HelloReply.getDefaultInstance());
  }

  private static HelloRequest request(String name) {
    return HelloRequest.newBuilder().setName(name).build();
  }
}
