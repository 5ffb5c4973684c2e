package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.testing.GrpcJavaServer;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RawHttp2Server;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an observer of a channel sees. */
@Timeout(120)
class ObserverTest {

  private static final int REFUSED_STREAM = 7;

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  /** Writes down what it sees, without the times. */
  private ClientCallTracer record(ClientCall<?, ?> call, String target) {
    seen.add("call " + call.method().fullName());
    return new ClientCallTracer() {
      @Override
      public void attemptStarted(ObservedAttempt attempt) {
        seen.add("attempt " + attempt.number());
      }

      @Override
      public void attemptClosed(ObservedAttempt attempt, Status status) {
        assertThat(attempt.durationNanos()).isPositive();
        seen.add(attempt.number() + " " + status.code().name() + ": " + attempt.sentMessages() + "/"
            + attempt.sentBytes() + " sent, " + attempt.receivedMessages() + "/"
            + attempt.receivedBytes() + " received");
      }

      @Override
      public void closed(Status status, long durationNanos) {
        assertThat(durationNanos).isPositive();
        seen.add("closed " + status.code().name());
      }
    };
  }

  private void assertSeen(String... expected) throws InterruptedException {
    for (String one : expected) {
      assertThat(seen.poll(Patience.SECONDS, TimeUnit.SECONDS)).isEqualTo(one);
    }
    assertThat(seen).isEmpty();
  }

  private Channel channel(int port, String serviceConfig) {
    return Channel.create(
            vertx,
            ChannelOptions.to("127.0.0.1:" + port)
                .withServiceConfig(ServiceConfig.parse(serviceConfig)))
        .observe(this::record);
  }

  @Test
  void seesACallItsAttemptAndTheMessagesWithoutTheirPrefixes() throws Exception {
    try (GrpcJavaServer server = Greeters.server()) {
      Channel channel = channel(server.start(), "");
      await(channel.unary(Greeters.SAY_HELLO, name("Ada")));
      assertSeen(
          "call helloworld.Greeter/SayHello",
          "attempt 0",
          "0 OK: 1/5 sent, 1/11 received",
          "closed OK");

      ReadStream<HelloReply> replies =
          channel.serverStreaming(Greeters.MANY_LANGUAGES, name("Ada"));
      Future<Void> end = Future.future(ended -> replies.endHandler(ended::complete));
      replies.handler(reply -> {});
      await(end);
      assertSeen(
          "call helloworld.Greeter/SayHelloInManyLanguages",
          "attempt 0",
          "0 OK: 1/5 sent, 3/39 received",
          "closed OK");
    }
  }

  @Test
  void countsMessagesAsTheyAreOnTheWire() throws Exception {
    try (GrpcJavaServer server = Greeters.server()) {
      Channel channel = channel(server.start(), "");
      ClientCall<HelloRequest, HelloReply> call =
          channel.with(CallOptions.DEFAULTS.withCompression(true)).call(Greeters.TO_ALL);
      call.send(name("a".repeat(1_000)));
      call.sendLast(name("b".repeat(1_000)));
      await(call.response());
      assertThat(seen.poll()).isEqualTo("call helloworld.Greeter/SayHelloToAll");
      assertThat(seen.poll()).isEqualTo("attempt 0");
      assertThat(seen.poll(Patience.SECONDS, TimeUnit.SECONDS))
          .matches("0 OK: 2/\\d\\d sent, 1/20\\d\\d .*");
    }
  }

  @Test
  void seesAnAttemptThatWasRefusedAndTheNextOne() throws Exception {
    try (RawHttp2Server server = RawHttp2Server.start()) {
      Future<HelloReply> reply = channel(server.port(), "").unary(Greeters.SAY_HELLO, name("Ada"));
      RawHttp2Server.Session session = server.accept();
      session.reset(session.request().streamId(), REFUSED_STREAM);
      session.answer(session.request().streamId(), hello("Ada"));
      await(reply);
      assertSeen(
          "call helloworld.Greeter/SayHello",
          "attempt 0",
          "0 UNAVAILABLE: 1/5 sent, 0/0 received",
          "attempt 1",
          "1 OK: 1/5 sent, 1/11 received",
          "closed OK");
    }
  }

  @Test
  void seesThatADeadlineEndsTheAttempt() throws Exception {
    try (RawHttp2Server server = RawHttp2Server.start()) {
      Future<HelloReply> reply = channel(server.port(), "")
          .with(CallOptions.DEFAULTS.withTimeout(Duration.ofMillis(500)))
          .unary(Greeters.SAY_HELLO, name("Ada"));
      assertThat(catchThrowable(() -> await(reply))).hasMessageContaining("DEADLINE_EXCEEDED");
      assertThat(seen.poll()).isEqualTo("call helloworld.Greeter/SayHello");
      assertThat(seen.poll()).isEqualTo("attempt 0");
      assertThat(seen.poll(Patience.SECONDS, TimeUnit.SECONDS)).startsWith("0 DEADLINE_EXCEEDED: ");
      assertSeen("closed DEADLINE_EXCEEDED");
    }
  }

  @Test
  void seesThatAHedgeThatIsNotWantedIsCancelled() throws Exception {
    try (RawHttp2Server server = RawHttp2Server.start()) {
      Future<HelloReply> reply = channel(
              server.port(),
              "{methodConfig: [{name: [{service: helloworld.Greeter}], hedgingPolicy:"
                  + " {maxAttempts: 2, hedgingDelay: 0s}}]}")
          .unary(Greeters.SAY_HELLO, name("Ada"));
      RawHttp2Server.Session session = server.accept();
      session.request();
      session.answer(session.request().streamId(), hello("Ada"));
      await(reply);
      assertThat(List.of(seen.take(), seen.take(), seen.take()))
          .containsExactly("call helloworld.Greeter/SayHello", "attempt 0", "attempt 1");
      assertThat(seen.poll(Patience.SECONDS, TimeUnit.SECONDS))
          .endsWith(" CANCELLED: 1/5 sent, 0/0 received");
      assertThat(seen.poll(Patience.SECONDS, TimeUnit.SECONDS))
          .endsWith(" OK: 1/5 sent, 1/11 received");
      assertSeen("closed OK");
    }
  }

  @Test
  void seesACallThatFindsNoServer() throws Exception {
    int port;
    try (RawHttp2Server gone = RawHttp2Server.start()) {
      port = gone.port();
    }
    Future<HelloReply> reply = channel(port, "").unary(Greeters.SAY_HELLO, name("Ada"));
    assertThat(catchThrowable(() -> await(reply))).hasMessageContaining("UNAVAILABLE");
    assertSeen(
        "call helloworld.Greeter/SayHello",
        "attempt 0",
        "0 UNAVAILABLE: 0/0 sent, 0/0 received",
        "closed UNAVAILABLE");
  }

  @Test
  void goesOnWhenAnObserverFails() throws Exception {
    try (GrpcJavaServer server = Greeters.server()) {
      Channel plain = Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.start()));
      for (ClientCallObserver broken : List.<ClientCallObserver>of(
          (call, target) -> {
            throw new IllegalStateException("broken");
          },
          (call, target) -> new ClientCallTracer() {
            @Override
            public void attemptStarted(ObservedAttempt attempt) {
              throw new IllegalStateException("broken");
            }

            @Override
            public void closed(Status status, long durationNanos) {
              seen.add("closed");
            }
          })) {
        assertThat(await(plain.observe(broken).unary(Greeters.SAY_HELLO, name("Ada"))))
            .isEqualTo(hello("Ada"));
        assertThat(seen).isEmpty();
      }
    }
  }

  @Test
  void showsTheCallsToAllObserversInTheirOrder() throws Exception {
    try (GrpcJavaServer server = Greeters.server()) {
      Channel channel = channel(server.start(), "")
          .observe((call, target) -> new ClientCallTracer() {
            @Override
            public void closed(Status status, long durationNanos) {
              seen.add("second " + status.code().name());
            }
          });
      await(channel.unary(Greeters.SAY_HELLO, name("Ada")));
      assertSeen(
          "call helloworld.Greeter/SayHello",
          "attempt 0",
          "0 OK: 1/5 sent, 1/11 received",
          "closed OK",
          "second OK");
    }
  }
}
