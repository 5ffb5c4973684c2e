package dev.grpcbackend.bus;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.eventbus.TransportFrame;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.testing.Program;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A caller on one node of a cluster, the channel on another, the server it leads to on none. */
@Timeout(180)
class ClusterTest {

  private static final JsonObject ADA = new JsonObject().put("name", "Ada");

  private static Future<Message<Object>> hello(Vertx vertx) {
    return vertx
        .eventBus()
        .request(
            "greetings",
            ADA,
            new DeliveryOptions()
                .addHeader("action", "helloworld.Greeter/SayHello")
                .setSendTimeout(2_000));
  }

  /** Waits until there is somebody to call. */
  private static JsonObject helloInTheEnd(Vertx vertx) {
    while (true) {
      Future<Message<Object>> reply = hello(vertx);
      await(reply.transform(done -> Future.succeededFuture(done.succeeded())));
      if (reply.succeeded()) {
        return (JsonObject) reply.result().body();
      }
      assertThat(BusFailure.of(reply.cause()).code())
          .isIn(GrpcStatus.UNAVAILABLE, GrpcStatus.DEADLINE_EXCEEDED);
    }
  }

  @Test
  void callsThroughAnotherNodeAndThroughTheNextWhenThatIsKilled() throws Exception {
    String name = UUID.randomUUID().toString();
    int port = Program.freePort();
    Vertx vertx = ClusterNode.join(name, port);
    try (TestServer server = TestServer.start(
        TestServer.OPTIONS.withServices(
            new ServerOptions.Services(List.of(), false, true, false, false)),
        builder -> builder.service(new GreeterService()))) {
      Process first = ClusterNode.start(name, port, server.port());
      Process second = null;
      try {
        assertThat(helloInTheEnd(vertx)).isEqualTo(new JsonObject().put("message", "Hello Ada"));
        BusClient chat = new BusClient(vertx, false)
            .open("greetings", "helloworld.Greeter/Chat", new DeliveryOptions())
            .grant(10)
            .message(HelloRequest.newBuilder().setName("Bo").build().toByteString())
            .halfClose();
        assertThat(chat.frame().hasHeaders()).isTrue();
        TransportFrame greeting = chat.frame();
        assertThat(HelloReply.parseFrom(greeting.getMessage().getPayload()).getMessage())
            .isEqualTo("Hello Bo");
        assertThat(chat.frame().getTrailers().getStatus()).isZero();

        first.destroyForcibly().waitFor();
        second = ClusterNode.start(name, port, server.port());
        assertThat(helloInTheEnd(vertx)).isEqualTo(new JsonObject().put("message", "Hello Ada"));
      } finally {
        first.destroyForcibly();
        if (second != null) {
          second.destroyForcibly();
        }
      }
    } finally {
      await(vertx.close());
    }
  }
}
