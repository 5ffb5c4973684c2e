package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.testing.TestServer.await;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Deadlines on the server: the caller's, the default and the cap, all a few milliseconds long. */
@Timeout(120)
class DeadlineTest {

  private static final String SOON = "40m";
  private static final int CANCEL = 8;

  private static final WaitingHandler WAITER = new WaitingHandler();

  private static final ServerOptions.Limits SHORT = new ServerOptions.Limits(
      64 << 10, 8 << 10, 100, Duration.ofMillis(40), Duration.ofMillis(60));

  @RegisterExtension
  static final WireServer SERVER = new WireServer(WAITER::register);

  @RegisterExtension
  static final WireServer SHORT_SERVER =
      new WireServer(TestServer.OPTIONS.withLimits(SHORT), WAITER::register);

  static Stream<RequestFields> shapes() {
    return Stream.of(
        WaitingHandler.unary(),
        WaitingHandler.serverStreaming(),
        WaitingHandler.clientStreaming(),
        WaitingHandler.bidi());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void closesWithDeadlineExceededWhenTheHandlerNeverReplies(RequestFields fields) {
    Outcome outcome =
        SERVER.call(fields.with("grpc-timeout", SOON), hello("Ada")).refusedWith(4);
    WaitingHandler.Started call = WAITER.next();
    assertThat(await(call.cancelled()).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
    assertThat(await(call.closed()).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
    assertThat(call.ends()).hasValue(1);
    await(SERVER.server().verticle().calls().idle());
    outcome.noHandlerAndConnectionSurvives();
  }

  @Test
  void closesWithDeadlineExceededWhenTheRequestNeverEnds() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.open(Greeters.sayHello().with("grpc-timeout", SOON)).data(hello("Ada"));
    assertThat(stream.response().grpcStatus()).hasValue(4);
    assertThat(stream.reset().resetCode()).hasValue(0);
  }

  @Test
  void sendsDeadlineExceededInTrailersAfterAMessage() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream =
        peer.request(WaitingHandler.serverStreaming().with("grpc-timeout", "300m"), hello("Ada"));
    WAITER.next().call().send(greeting("Ada"));
    RawResponse response = stream.response();
    assertThat(response.messages()).containsExactly(GrpcFrames.message(greeting("Ada")));
    assertThat(response.grpcStatus()).hasValue(4);
    assertThat(response.resetCode()).isEmpty();
  }

  @Test
  void resetsWhenTheDeadlinePassesInsideAMessage() {
    RawHttp2Peer peer = SERVER
        .connect(RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 10))
        .keepWindows();
    RawStream stream =
        peer.request(WaitingHandler.serverStreaming().with("grpc-timeout", "300m"), hello("Ada"));
    WAITER.next().call().send(greeting("a".repeat(1_000)));
    assertThat(stream.response().body().size()).isEqualTo(10);
    assertThat(stream.soFar().resetCode()).hasValue(CANCEL);
  }

  @Test
  void failsMessagesThatAreSentAfterTheDeadline() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream =
        peer.request(WaitingHandler.serverStreaming().with("grpc-timeout", SOON), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    assertThat(stream.response().grpcStatus()).hasValue(4);
    Promise<Throwable> failure = Promise.promise();
    call.call()
        .send(greeting("late"))
        .onComplete(sent -> failure.fail("was sent"), failure::complete);
    assertThat(await(failure.future()))
        .isInstanceOfSatisfying(
            StatusException.class,
            status -> assertThat(status.code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED));
    call.reply().complete(greeting("late"));
    peer.ping().ping();
    assertThat(stream.soFar().body()).isEmpty();
    assertThat(call.ends()).hasValue(1);
  }

  @Test
  void setsADeadlineWhereTheCallerSetsNone() {
    SHORT_SERVER.call(WaitingHandler.unary(), hello("Ada")).refusedWith(4);
    assertThat(await(WAITER.next().cancelled()).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @Test
  void capsTheDeadlineThatTheCallerSets() {
    SHORT_SERVER
        .call(WaitingHandler.unary().with("grpc-timeout", "99999999H"), hello("Ada"))
        .refusedWith(4);
    assertThat(await(WAITER.next().cancelled()).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @Test
  void servesWithinTheDeadline() {
    SERVER
        .call(Greeters.sayHello().with("grpc-timeout", "20S"), hello("Ada"))
        .greets("Ada")
        .handlerStartsAndConnectionSurvives(1);
  }
}
