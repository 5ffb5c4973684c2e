package dev.grpcbackend.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.proto.SimpleRequest;
import dev.grpcbackend.testing.proto.SimpleResponse;
import dev.grpcbackend.testing.proto.StreamingOutputCallRequest;
import dev.grpcbackend.testing.proto.StreamingOutputCallResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** grpc-java's Netty client against our server: deadlines, cancellation, back-pressure. */
@Timeout(120)
class GrpcJavaCallLifeTest {

  private static final String PEER = "test.Peer/";
  private static final int FLOOD_MESSAGES = 1_000;
  private static final int FLOOD_BYTES = 32 << 10;

  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Status> cancelled = new CompletableFuture<>();
  private final CompletableFuture<Integer> full = new CompletableFuture<>();

  private TestServer server = TestServer.start(this::register);
  private ManagedChannel channel = GrpcJava.channel(server.port());

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.close();
  }

  private void register(GrpcServerVerticle.Builder builder) {
    builder
        .method(
            PEER + "Deadline",
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.unary((request, call) -> Future.succeededFuture(SimpleResponse.newBuilder()
                .setUsername(Long.toString(call.deadline().remainingNanos()))
                .build())))
        .method(
            PEER + "Flood",
            StreamingOutputCallRequest.class,
            StreamingOutputCallResponse.class,
            ServerCalls.serverStreaming((request, call) -> flood(call)))
        .method(
            PEER + MethodType.UNARY,
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.unary((request, call) -> silent(call)))
        .method(
            PEER + MethodType.SERVER_STREAMING,
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.serverStreaming((request, call) -> silent(call)))
        .method(
            PEER + MethodType.CLIENT_STREAMING,
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.clientStreaming((requests, call) -> silent(call)))
        .method(
            PEER + MethodType.BIDI_STREAMING,
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.bidi((requests, call) -> silent(call)));
  }

  @Test
  void tellsTheHandlerTheDeadlineOfTheCaller() {
    SimpleResponse response = ClientCalls.blockingUnaryCall(
        channel,
        GrpcJavaCalls.simple(PEER + "Deadline", MethodType.UNARY),
        CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.SECONDS),
        SimpleRequest.getDefaultInstance());

    // Without the caller's it would be the server's of 30 s.
    assertThat(Duration.ofNanos(Long.parseLong(response.getUsername())))
        .isBetween(Duration.ofSeconds(100), Duration.ofSeconds(500));
  }

  @Test
  void closesWithDeadlineExceededWhenTheCallersDeadlinePasses() throws Exception {
    // A slow machine may not have the first of them sent by then.
    do {
      StatusRuntimeException failure = catchThrowableOfType(
          StatusRuntimeException.class,
          () -> ClientCalls.blockingUnaryCall(
              channel,
              GrpcJavaCalls.simple(PEER + MethodType.UNARY, MethodType.UNARY),
              CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.SECONDS),
              SimpleRequest.getDefaultInstance()));
      assertThat(failure.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.DEADLINE_EXCEEDED);
    } while (!cancelled.isDone());
    // Who notices first, the caller or the server, decides which of the two it is.
    assertThat(cancelled.get(Patience.SECONDS, TimeUnit.SECONDS).code().name())
        .isIn("DEADLINE_EXCEEDED", "CANCELLED");
  }

  @Test
  void closesWithDeadlineExceededWhenTheServersDeadlinePasses() throws Exception {
    restart(TestServer.OPTIONS.withLimits(new ServerOptions.Limits(
        4 << 20, 8 << 10, 100, Duration.ofMillis(100), Duration.ofHours(1))));

    StatusRuntimeException failure =
        GrpcJavaCalls.failure(channel, PEER + MethodType.UNARY, SimpleRequest.getDefaultInstance());

    assertThat(failure.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.DEADLINE_EXCEEDED);
    assertThat(cancelled.get(Patience.SECONDS, TimeUnit.SECONDS).code().name())
        .isEqualTo("DEADLINE_EXCEEDED");
  }

  @ParameterizedTest
  @EnumSource
  void tellsTheHandlerThatTheCallerCancelled(MethodType type) throws Exception {
    ClientCall<SimpleRequest, SimpleResponse> call = start(type);
    started.get(Patience.SECONDS, TimeUnit.SECONDS);
    call.cancel("no longer wanted", null);

    assertThat(cancelled.get(Patience.SECONDS, TimeUnit.SECONDS).code().name())
        .isEqualTo("CANCELLED");
  }

  @ParameterizedTest
  @EnumSource
  void tellsTheHandlerThatTheConnectionIsGone(MethodType type) throws Exception {
    start(type);
    started.get(Patience.SECONDS, TimeUnit.SECONDS);
    channel.shutdownNow();

    assertThat(cancelled.get(Patience.SECONDS, TimeUnit.SECONDS).code().name())
        .isEqualTo("CANCELLED");
  }

  @Test
  void stopsWritingForACallerThatDoesNotRead() throws Exception {
    AtomicInteger received = new AtomicInteger();
    CompletableFuture<io.grpc.Status> closed = new CompletableFuture<>();
    CompletableFuture<Void> first = new CompletableFuture<>();
    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call = channel.newCall(
        GrpcJavaCalls.output(PEER + "Flood", MethodType.SERVER_STREAMING), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(StreamingOutputCallResponse message) {
            received.incrementAndGet();
            first.complete(null);
          }

          @Override
          public void onClose(io.grpc.Status status, Metadata trailers) {
            closed.complete(status);
          }
        },
        new Metadata());
    call.sendMessage(StreamingOutputCallRequest.getDefaultInstance());
    call.halfClose();
    call.request(1);
    first.get(Patience.SECONDS, TimeUnit.SECONDS);

    assertThat(full.get(Patience.SECONDS, TimeUnit.SECONDS)).isLessThan(FLOOD_MESSAGES);
    assertThat(received).hasValue(1);

    call.request(FLOOD_MESSAGES);
    assertThat(closed.get(Patience.SECONDS, TimeUnit.SECONDS).getCode())
        .isEqualTo(io.grpc.Status.Code.OK);
    assertThat(received).hasValue(FLOOD_MESSAGES);
  }

  private void restart(ServerOptions options) {
    channel.shutdownNow();
    server.close();
    server = TestServer.start(options, this::register);
    channel = GrpcJava.channel(server.port());
  }

  private ClientCall<SimpleRequest, SimpleResponse> start(MethodType type) {
    ClientCall<SimpleRequest, SimpleResponse> call =
        channel.newCall(GrpcJavaCalls.simple(PEER + type, type), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(1);
    call.sendMessage(SimpleRequest.getDefaultInstance());
    if (type.hasSingleRequest()) {
      call.halfClose();
    }
    return call;
  }

  private <R> Future<R> silent(ServerCall<?, ?> call) {
    call.cancelled().onSuccess(cancelled::complete);
    started.complete(null);
    return Promise.<R>promise().future();
  }

  private Future<Void> flood(ServerCall<?, StreamingOutputCallResponse> call) {
    Promise<Void> done = Promise.promise();
    flood(call, 0, done);
    return done.future();
  }

  private void flood(
      ServerCall<?, StreamingOutputCallResponse> call, int from, Promise<Void> done) {
    StreamingOutputCallResponse message = StreamingOutputCallResponse.newBuilder()
        .setPayload(TestService.payload(FLOOD_BYTES))
        .build();
    call.compression(false);
    for (int sent = from; sent < FLOOD_MESSAGES; sent++) {
      if (call.writeQueueFull()) {
        int next = sent;
        full.complete(next);
        call.drainHandler(room -> flood(call, next, done));
        return;
      }
      call.send(message);
    }
    done.complete();
  }
}
