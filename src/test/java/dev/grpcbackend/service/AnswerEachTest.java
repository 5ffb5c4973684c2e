package dev.grpcbackend.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Vertx;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class AnswerEachTest {

  private final Vertx vertx = Vertx.vertx();
  private final ScriptedCall<HelloRequest, HelloReply> chat =
      ScriptedCall.start(vertx, new GreeterService(), "helloworld.Greeter/Chat");

  @AfterEach
  void close() {
    TestServer.await(vertx.close());
  }

  @Test
  void takesNoRequestWhileTheCallerDoesNotTakeResponses() {
    assertThat(wantsMessage()).isTrue();
    chat.stopReading();
    greet("Ada");

    assertThat(wantsMessage()).isFalse();

    chat.resumeReading();

    assertThat(wantsMessage()).isTrue();
    greet("Bo");
    assertThat(texts()).containsExactly("Hello Ada", "Hello Bo");
  }

  @Test
  void endsWithOkAfterTheLastRequest() {
    greet("Ada");
    chat.on(call -> {
      call.onHalfClose();
      return null;
    });

    Status end = TestServer.await(chat.on(ActiveCall::closed));
    assertThat(end).isEqualTo(Status.OK);
  }

  private void greet(String name) {
    chat.on(call -> {
      call.onMessage(HelloRequest.newBuilder().setName(name).build());
      return null;
    });
  }

  private boolean wantsMessage() {
    return chat.on(ActiveCall::wantsMessage);
  }

  private List<String> texts() {
    return chat.sent().stream().map(HelloReply::getMessage).toList();
  }
}
