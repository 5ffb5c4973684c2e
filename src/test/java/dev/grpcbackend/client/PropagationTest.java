package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.SAY_HELLO;
import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server whose handler calls a second one. */
@Timeout(120)
class PropagationTest {

  private static final Metadata.Key<String> TRACE = Metadata.Key.ascii("traceparent");
  private static final Metadata.Key<String> TENANT = Metadata.Key.ascii("x-tenant");
  private static final String SPAN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final Vertx vertx = Vertx.vertx();
  private final Promise<ServerCall<HelloRequest, HelloReply>> reached = Promise.promise();
  private final Promise<Status> cutShort = Promise.promise();
  private @Nullable TestServer back;
  private @Nullable TestServer front;

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    if (front != null) {
      front.close();
    }
    if (back != null) {
      back.close();
    }
  }

  /** Starts both and returns a channel to the first; {@code silent}: the second never answers. */
  private Channel relay(
      boolean silent, BiFunction<Channel, HelloRequest, Future<HelloReply>> relayed) {
    TestServer second =
        TestServer.start(server -> server.method(new BoundMethod<>(SAY_HELLO, answering(silent))));
    back = second;
    return front(ServerCalls.unary(
        (request, call) -> relayed.apply(outgoing(call, second.port()), request)));
  }

  private Channel front(ServerCallHandler<HelloRequest, HelloReply> relay) {
    TestServer first =
        TestServer.start(server -> server.method(new BoundMethod<>(SAY_HELLO, relay)));
    front = first;
    return Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + first.port()));
  }

  private static Channel outgoing(ServerCall<?, ?> call, int port) {
    return Channel.create(call.context().owner(), ChannelOptions.to("127.0.0.1:" + port));
  }

  private ServerCallHandler<HelloRequest, HelloReply> answering(boolean silent) {
    return call -> {
      call.cancelled().onSuccess(cutShort::tryComplete);
      reached.tryComplete(call);
      return silent ? Promise.<Void>promise().future() : call.send(hello("you"));
    };
  }

  private static Future<HelloReply> call(Channel channel, HelloRequest request) {
    return channel.unary(SAY_HELLO, request);
  }

  @Test
  void outgoingCallHasWhatIsLeftOfTheCallersDeadline() throws Exception {
    Channel channel = relay(false, PropagationTest::call);
    Channel view = channel.with(CallOptions.DEFAULTS.withTimeout(Duration.ofSeconds(9)));

    await(call(view, name("you")));

    // Without propagation it would be the server's default, three times as long.
    assertThat(await(reached.future()).deadline().remainingNanos())
        .isLessThanOrEqualTo(Duration.ofSeconds(9).toNanos());
  }

  @Test
  void ownDeadlineCountsWhenItIsEarlier() throws Exception {
    Channel channel = relay(
        false,
        (second, request) ->
            call(second.with(CallOptions.DEFAULTS.withTimeout(Duration.ofSeconds(9))), request));

    await(call(channel, name("you")));

    assertThat(await(reached.future()).deadline().remainingNanos())
        .isLessThanOrEqualTo(Duration.ofSeconds(9).toNanos());
  }

  @Test
  void outgoingCallIsCancelledWithTheCallers() throws Exception {
    Promise<HelloReply> outcome = Promise.promise();
    Channel channel = relay(true, (second, request) -> {
      Future<HelloReply> reply = call(second, request);
      reply.onComplete(outcome);
      return reply;
    });
    ClientCall<HelloRequest, HelloReply> call = channel.call(SAY_HELLO);
    call.sendLast(name("you"));
    await(reached.future());

    call.cancel();

    assertThat(await(cutShort.future()).code()).isEqualTo(GrpcStatus.CANCELLED);
    StatusException failure =
        catchThrowableOfType(StatusException.class, () -> await(outcome.future()));
    assertThat(failure.status().code()).isEqualTo(GrpcStatus.CANCELLED);
    assertThat(failure.status().description()).contains("was cut short");
  }

  @Test
  void callThatTakesNothingOverOutlivesTheCallers() throws Exception {
    Promise<HelloReply> outcome = Promise.promise();
    Promise<Void> ended = Promise.promise();
    Channel channel = relay(true, (second, request) -> {
      Channel apart = second.with(CallOptions.DEFAULTS.withPropagation(Propagation.NONE));
      call(apart, request).onComplete(outcome);
      Future<HelloReply> tied = call(second, request);
      tied.onFailure(
          gone -> Vertx.currentContext().runOnContext(allAreCancelled -> ended.complete()));
      return tied;
    });
    ClientCall<HelloRequest, HelloReply> call = channel.call(SAY_HELLO);
    call.sendLast(name("you"));
    await(reached.future());

    call.cancel();

    await(ended.future());
    assertThat(outcome.future().isComplete()).isFalse();
  }

  @Test
  void callAfterTheAnswerTakesNothingOver() throws Exception {
    Promise<HelloReply> later = Promise.promise();
    Channel channel = relay(false, (second, request) -> {
      Vertx own = Vertx.currentContext().owner();
      own.setTimer(1, passed -> call(second, request).onComplete(later));
      return Future.succeededFuture(hello("at once"));
    });
    Channel view = channel.with(CallOptions.DEFAULTS.withHeader(TRACE.name(), SPAN));

    await(call(view, name("you")));

    await(later.future());
    assertThat(await(reached.future()).headers().get(TRACE)).isNull();
  }

  @Test
  void traceAndNamedHeadersTravelOnAndOthersDoNot() throws Exception {
    Propagation more = Propagation.DEFAULTS.withHeader(TENANT);
    Channel channel = relay(
        false,
        (second, request) ->
            call(second.with(CallOptions.DEFAULTS.withPropagation(more)), request));
    Channel view = channel.with(CallOptions.DEFAULTS
        .withHeader(TRACE.name(), SPAN)
        .withHeader(TENANT.name(), "acme")
        .withHeader("authorization", "Bearer secret"));

    await(call(view, name("you")));

    Metadata received = await(reached.future()).headers();
    assertThat(received.getAll(TRACE)).containsExactly(SPAN);
    assertThat(received.getAll(TENANT)).containsExactly("acme");
    assertThat(received.get("authorization")).isNull();
  }

  @Test
  void callOfAHandlerThatBlocksIsMadeOnBehalfOfItsCallerToo() throws Exception {
    TestServer second =
        TestServer.start(server -> server.method(new BoundMethod<>(SAY_HELLO, answering(true))));
    back = second;
    Channel channel = front(ServerCalls.blocking((request, call) -> {
      Vertx own = Vertx.currentContext().owner();
      Channel outgoing = Channel.create(own, ChannelOptions.to("127.0.0.1:" + second.port()));
      return call(outgoing, request).toCompletionStage().toCompletableFuture().get();
    }));
    ClientCall<HelloRequest, HelloReply> call = channel
        .with(
            CallOptions.DEFAULTS.withHeader(TRACE.name(), SPAN).withTimeout(Duration.ofSeconds(9)))
        .call(SAY_HELLO);
    call.sendLast(name("you"));
    ServerCall<HelloRequest, HelloReply> made = await(reached.future());

    call.cancel();

    assertThat(made.headers().get(TRACE)).isEqualTo(SPAN);
    assertThat(made.deadline().remainingNanos())
        .isLessThanOrEqualTo(Duration.ofSeconds(9).toNanos());
    assertThat(await(cutShort.future()).code()).isEqualTo(GrpcStatus.CANCELLED);
  }

  @Test
  void headerOfTheOutgoingCallStandsInsteadOfTheCallers() throws Exception {
    String own = SPAN.replace("b7ad", "0000");
    Channel channel = relay(
        false,
        (second, request) ->
            call(second.with(CallOptions.DEFAULTS.withHeader(TRACE.name(), own)), request));
    Channel view = channel.with(CallOptions.DEFAULTS.withHeader(TRACE.name(), SPAN));

    await(call(view, name("you")));

    assertThat(await(reached.future()).headers().getAll(TRACE)).containsExactly(own);
  }
}
