package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.testing.TestServer.await;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What tells a handler that nobody waits for it any more, and what does not. */
@Timeout(120)
class CancellationTest {

  private static final int CANCEL = 8;

  private static final WaitingHandler WAITER = new WaitingHandler();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(WAITER::register);

  static Stream<RequestFields> shapes() {
    return Stream.of(
        WaitingHandler.unary(),
        WaitingHandler.serverStreaming(),
        WaitingHandler.clientStreaming(),
        WaitingHandler.bidi());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void tellsTheHandlerOfAReset(RequestFields fields) {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.request(fields, hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    stream.reset(CANCEL);
    assertCancelledOnce(call);
    assertServes(peer);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 5, 7, 8, 11, 13, 0x7FFF_FFFF})
  void tellsTheHandlerOfAResetWithAnyCode(int code) {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.open(WaitingHandler.bidi()).data(hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    stream.reset(code);
    assertCancelledOnce(call);
    assertServes(peer);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void tellsTheHandlerWhenTheCallerClosesItsSocket(RequestFields fields) {
    RawHttp2Peer peer = SERVER.connect();
    peer.request(fields, hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    peer.close();
    assertCancelledOnce(call);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void tellsTheHandlerWhenTheConnectionIsLost(RequestFields fields) {
    RawHttp2Peer peer = SERVER.connect();
    peer.request(fields, hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    peer.abort();
    assertCancelledOnce(call);
  }

  @Test
  void tellsEveryHandlerOfALostConnection() {
    RawHttp2Peer peer = SERVER.connect();
    peer.request(WaitingHandler.unary(), hello("Ada"));
    peer.open(WaitingHandler.bidi());
    peer.request(WaitingHandler.serverStreaming(), hello("Ada"));
    WaitingHandler.Started first = WAITER.next();
    WaitingHandler.Started second = WAITER.next();
    WaitingHandler.Started third = WAITER.next();
    peer.abort();
    assertCancelledOnce(first);
    assertCancelledOnce(second);
    assertCancelledOnce(third);
  }

  @Test
  void tellsAHandlerThatWaitsForRoomToWrite() {
    RawHttp2Peer peer = SERVER
        .connect(RawHttp2Peer.setting(RawHttp2Peer.INITIAL_WINDOW_SIZE, 0))
        .keepWindows();
    RawStream stream = peer.request(WaitingHandler.serverStreaming(), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    Future<Void> sent = call.call().send(greeting("Ada"));
    stream.headerBlocks(1);
    stream.reset(CANCEL);
    assertCancelledOnce(call);
    assertThat(sent.isComplete() || !sent.succeeded()).isTrue();
  }

  @Test
  void keepsCallsWhenTheCallerOnlySaysGoAway() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.request(WaitingHandler.unary(), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    peer.goAway(0, 0).ping();
    assertThat(call.cancelled().isComplete()).isFalse();
    call.reply().complete(greeting("Ada"));
    assertThat(stream.response().grpcStatus()).hasValue(0);
    assertThat(call.cancelled().isComplete()).isFalse();
  }

  @Test
  void keepsACallWhoseRequestHasEnded() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.request(WaitingHandler.bidi(), ByteString.EMPTY);
    WaitingHandler.Started call = WAITER.next();
    peer.ping();
    assertThat(call.cancelled().isComplete()).isFalse();
    call.reply().complete(greeting("Ada"));
    assertThat(stream.response().grpcStatus()).hasValue(0);
    assertThat(await(call.closed()).code()).isEqualTo(GrpcStatus.OK);
  }

  @Test
  void ignoresTheResultOfACancelledHandler() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.request(WaitingHandler.unary(), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    stream.reset(CANCEL);
    assertCancelledOnce(call);
    call.reply().complete(greeting("Ada"));
    peer.ping().ping();
    assertThat(stream.soFar().frames()).isEmpty();
    assertThat(call.ends()).hasValue(1);
    assertServes(peer);
  }

  @Test
  void failsMessagesThatAreSentAfterCancellation() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.request(WaitingHandler.serverStreaming(), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    stream.reset(CANCEL);
    assertCancelledOnce(call);
    Promise<Throwable> failure = Promise.promise();
    call.call()
        .send(greeting("late"))
        .onComplete(sent -> failure.fail("was sent"), failure::complete);
    assertThat(await(failure.future()))
        .isInstanceOfSatisfying(
            StatusException.class,
            status -> assertThat(status.code()).isEqualTo(GrpcStatus.CANCELLED));
  }

  @Test
  void reportsACancelToTheReaderOfTheRequests() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.open(WaitingHandler.bidi());
    WaitingHandler.Started call = WAITER.next();
    Promise<Throwable> failure = Promise.promise();
    call.call()
        .context()
        .runOnContext(turn -> call.call()
            .requests()
            .exceptionHandler(failure::tryComplete)
            .endHandler(end -> failure.tryFail("ended"))
            .handler(request -> stream.id()));
    peer.ping();
    stream.reset(CANCEL);
    assertThat(await(failure.future())).isInstanceOf(StatusException.class);
  }

  private static void assertCancelledOnce(WaitingHandler.Started call) {
    assertThat(await(call.cancelled()).code()).isEqualTo(GrpcStatus.CANCELLED);
    assertThat(await(call.closed()).code()).isEqualTo(GrpcStatus.CANCELLED);
    await(SERVER.server().verticle().calls().idle());
    assertThat(call.ends()).hasValue(1);
  }

  private static void assertServes(RawHttp2Peer peer) {
    RawResponse next = peer.request(Greeters.sayHello(), hello("survivor")).response();
    assertThat(next.grpcStatus()).hasValue(0);
  }
}
