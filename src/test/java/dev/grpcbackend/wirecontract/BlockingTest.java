package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.testing.TestServer.await;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.call.BlockingCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.policy.AdmissionOptions;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers that wait on their thread, which is not the event loop. */
@Timeout(120)
class BlockingTest {

  private static final int CANCEL = 8;
  private static final int MANY = 5_000;
  private static final RequestFields UNARY = RequestFields.grpc("/block.Blocker/Unary");
  private static final RequestFields STREAM = RequestFields.grpc("/block.Blocker/Stream");

  private final CountDownLatch go = new CountDownLatch(1);
  private final CountDownLatch waiting = new CountDownLatch(1);
  private final Promise<Throwable> interrupted = Promise.promise();
  private final AtomicInteger starts = new AtomicInteger();
  private final AtomicInteger sends = new AtomicInteger();
  private final Promise<Throwable> sendFailure = Promise.promise();

  private void register(GrpcServerVerticle.Builder server) {
    server
        .method(Greeters.method("block.Blocker/Unary", ServerCalls.blocking(this::unary)))
        .method(Greeters.method(
            "block.Blocker/Stream", ServerCalls.blockingServerStreaming(this::stream)));
  }

  private HelloReply unary(HelloRequest request, BlockingCall<HelloReply> call) throws Exception {
    starts.incrementAndGet();
    assertThat(Context.isOnEventLoopThread()).isFalse();
    switch (request.getName()) {
      case "fail" -> throw Status.NOT_FOUND.withDescription("nobody").asException();
      case "throw" -> throw new java.io.IOException("secret");
      case "thread" -> {
        return greeting(
            Thread.currentThread().toString().contains("Virtual") ? "virtual" : "worker");
      }
      case "wait" -> {
        waiting.countDown();
        try {
          go.await();
        } catch (InterruptedException interrupt) {
          assertThat(call.isCancelled()).isTrue();
          interrupted.complete(interrupt);
          throw interrupt;
        }
      }
      default -> {
        // It has nothing to wait for.
      }
    }
    return greeting(request.getName() + call.headers().get("x-suffix"));
  }

  private void stream(HelloRequest request, BlockingCall<HelloReply> call)
      throws InterruptedException {
    try {
      for (int i = 0; i < MANY; i++) {
        call.send(greeting(request.getName().repeat(1_000)));
        sends.incrementAndGet();
        waiting.countDown();
      }
    } catch (InterruptedException | StatusException failure) {
      sendFailure.complete(failure);
      throw failure;
    }
  }

  private static RawStream request(RawHttp2Peer peer, String name) {
    return peer.request(UNARY.with("x-suffix", "!"), hello(name));
  }

  @Test
  void letsOtherCallsOnWhileItsHandlerWaits() throws Exception {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream waits = request(peer, "wait");
      waiting.await();
      assertThat(request(peer, "Ada").response().messages())
          .containsExactly(dev.grpcbackend.testing.GrpcFrames.message(greeting("Ada!")));
      go.countDown();
      assertThat(waits.response().grpcStatus()).hasValue(0);
    }
  }

  /** From JDK 24 on a virtual thread that waits holds no other (JEP 491). */
  @Test
  void runsOnAVirtualThreadWhereTheJvmHasGoodOnes() {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      assertThat(request(peer, "thread").response().messages())
          .containsExactly(dev.grpcbackend.testing.GrpcFrames.message(
              greeting(Runtime.version().feature() >= 24 ? "virtual" : "worker")));
    }
  }

  @Test
  void answersWithTheStatusThatItThrowsAndWithoutTheTextOfOtherExceptions() {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawResponse expected = request(peer, "fail").response();
      assertThat(expected.grpcStatus()).hasValue(5);
      assertThat(expected.grpcMessage()).isEqualTo("nobody");
      RawResponse unexpected = request(peer, "throw").response();
      assertThat(unexpected.grpcStatus()).hasValue(2);
      assertThat(unexpected.grpcMessage()).doesNotContain("secret");
    }
  }

  @Test
  void interruptsAHandlerWhoseCallerHasGone() throws Exception {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream waits = request(peer, "wait");
      waiting.await();
      waits.reset(CANCEL);
      assertThat(await(interrupted.future())).isNotNull();
      assertThat(request(peer, "Ada").response().grpcStatus()).hasValue(0);
    }
  }

  @Test
  void interruptsAHandlerAtTheDeadline() {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream waits = peer.request(UNARY.with("grpc-timeout", "40m"), hello("wait"));
      assertThat(waits.response().grpcStatus()).hasValue(4);
      // Where the deadline came before the thread, there was nothing to interrupt.
      if (starts.get() > 0) {
        assertThat(await(interrupted.future())).isNotNull();
      }
    }
  }

  @Test
  void sendsAStreamAtThePaceOfItsReader() throws Exception {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port()).keepWindows()) {
      RawStream stream = peer.request(STREAM, hello("a"));
      assertThat(stream.body(65_535).body().size()).isEqualTo(65_535);
      peer.ping();
      // 5 MB are to be sent, and nobody keeps them for a reader that does not read.
      assertThat(sends.get()).isLessThan(MANY / 4);
      stream.reset(CANCEL);
      assertThat(await(sendFailure.future())).isNotNull();
    }
  }

  @Test
  void sendsAWholeStreamInOrder() {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawResponse response = peer.request(STREAM, hello("a")).response();
      assertThat(response.messages()).hasSize(MANY);
      assertThat(response.grpcStatus()).hasValue(0);
    }
  }

  @Test
  void sendsWhatAHandlerSentThatWasQuickerThanTheEventLoop() {
    sendsOneMessageAlways(ServerCalls.blockingServerStreaming(
        (request, call) -> call.send(HelloReply.getDefaultInstance())));
  }

  @Test
  void sendsWhatAThreadOfTheUsersSentThatWasQuickerThanTheEventLoop() {
    sendsOneMessageAlways(ServerCalls.serverStreaming((request, call) -> {
      Promise<Void> done = Promise.promise();
      var unused = CompletableFuture.runAsync(() -> {
        call.send(HelloReply.getDefaultInstance());
        done.complete();
      });
      return done.future();
    }));
  }

  private static void sendsOneMessageAlways(ServerCalls.Shaped<HelloRequest, HelloReply> handler) {
    try (TestServer server = TestServer.start(
            builder -> builder.method(Greeters.method("block.Blocker/Stream", handler)));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      for (int call = 0; call < 2_000; call++) {
        RawResponse response = peer.request(STREAM, hello("a")).response();
        assertThat(response.grpcStatus()).hasValue(0);
        assertThat(response.messages()).as("call %s", call).hasSize(1);
      }
    }
  }

  @Test
  void failsWhenAMessageOfTheStreamCannotBeSent() {
    try (TestServer server = TestServer.start(builder -> builder.method(Greeters.method(
            "block.Blocker/Stream",
            ServerCalls.<HelloRequest, HelloReply>blockingServerStreaming(
                (request, call) -> call.send(unsendable())))));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      assertThat(peer.request(STREAM, hello("a")).response().grpcStatus())
          .hasValue(GrpcStatus.UNKNOWN.code);
    }
  }

  @SuppressWarnings("NullAway") // what a user may do whose compiler does not check
  private static HelloReply unsendable() {
    return null;
  }

  @Test
  void neverStartsForACallerThatLeavesWhileItWaitsForAThread() throws Exception {
    AdmissionOptions oneThread =
        AdmissionOptions.DEFAULTS.withLimit(new AdmissionOptions.Limit(1, false, false, 1));
    try (TestServer server =
            TestServer.start(TestServer.OPTIONS.withAdmission(oneThread), this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream first = request(peer, "wait");
      waiting.await();
      RawStream second = request(peer, "Ada");
      peer.ping();
      second.reset(CANCEL);
      peer.ping();
      go.countDown();
      assertThat(first.response().grpcStatus()).hasValue(0);
      assertThat(request(peer, "Bob").response().grpcStatus()).hasValue(0);
      assertThat(starts).hasValue(2);
    }
  }
}
