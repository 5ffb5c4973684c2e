package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.grpc.Context;
import io.grpc.ForwardingServerCall;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls of our client to grpc-java servers. */
@Timeout(120)
class CallTest {

  private final Vertx vertx = Vertx.vertx();
  private GrpcJavaServer server = Greeters.server();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  @Test
  void carriesMetadataBothWays() throws Exception {
    CompletableFuture<io.grpc.Metadata> received = new CompletableFuture<>();
    server.intercept(new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, io.grpc.Metadata headers, ServerCallHandler<Q, R> next) {
        received.complete(headers);
        return next.startCall(
            new ForwardingServerCall.SimpleForwardingServerCall<Q, R>(call) {
              @Override
              public void sendHeaders(io.grpc.Metadata answer) {
                answer.put(binary("echo-bin"), new byte[] {9, 8});
                super.sendHeaders(answer);
              }

              @Override
              public void close(io.grpc.Status status, io.grpc.Metadata trailers) {
                trailers.put(binary("echo-bin"), new byte[] {7});
                super.close(status, trailers);
              }
            },
            headers);
      }
    });
    ClientCall<HelloRequest, HelloReply> call = channel()
        .with(CallOptions.DEFAULTS
            .withHeader("tenant", "blue")
            .withMetadata(new Metadata()
                .add("tenant", "blue")
                .add(Metadata.Key.binary("token-bin"), new byte[] {1, 2, 3})))
        .call(Greeters.SAY_HELLO);
    call.sendLast(name("Ada"));

    assertThat(await(call.response())).isEqualTo(hello("Ada"));
    assertThat(await(call.headers()).get(Metadata.Key.binary("echo-bin"))).containsExactly(9, 8);
    assertThat(await(call.trailers()).get(Metadata.Key.binary("echo-bin"))).containsExactly(7);
    io.grpc.Metadata seen = received.get(10, TimeUnit.SECONDS);
    assertThat(
            seen.get(io.grpc.Metadata.Key.of("tenant", io.grpc.Metadata.ASCII_STRING_MARSHALLER)))
        .isEqualTo("blue");
    assertThat(seen.get(binary("token-bin"))).containsExactly(1, 2, 3);
  }

  @Test
  void reportsStatusMessageDetailsAndTrailers() throws Exception {
    ErrorInfo info = ErrorInfo.newBuilder().setReason("OUT_OF_NAMES").build();
    io.grpc.Metadata trailers = new io.grpc.Metadata();
    trailers.put(binary("hint-bin"), new byte[] {7});
    unary((request, replies) -> replies.onError(StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(GrpcStatus.NOT_FOUND.code)
            .setMessage("nobody is called größe")
            .addDetails(Any.pack(info))
            .build(),
        trailers)));

    StatusException failure = failure(channel().unary(Greeters.SAY_HELLO, name("x")));

    assertThat(failure.getMessage()).isEqualTo("NOT_FOUND: nobody is called größe");
    assertThat(failure.trailers().get(Metadata.Key.binary("hint-bin"))).containsExactly(7);
    com.google.rpc.Status details = RichStatus.of(failure);
    assertThat(details).isNotNull();
    assertThat(details.getDetails(0).unpack(ErrorInfo.class)).isEqualTo(info);
  }

  @Test
  void endsWithDeadlineExceededWhenTheServerNeverAnswers() throws Exception {
    CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
    CompletableFuture<Long> left = new CompletableFuture<>();
    unary((request, replies) -> {
      left.complete(Context.current().getDeadline().timeRemaining(TimeUnit.MILLISECONDS));
      ((ServerCallStreamObserver<HelloReply>) replies)
          .setOnCancelHandler(() -> cancelled.complete(true));
    });

    StatusException failure = failure(channel()
        .with(CallOptions.DEFAULTS.withTimeout(Duration.ofSeconds(2)))
        .unary(Greeters.SAY_HELLO, name("x")));

    assertThat(failure.code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
    assertThat(left.get(10, TimeUnit.SECONDS)).isLessThanOrEqualTo(2_000);
    assertThat(cancelled.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void sendsNothingWhenTheDeadlineHasPassed() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    unary((request, replies) -> calls.incrementAndGet());

    StatusException failure = failure(channel()
        .with(CallOptions.DEFAULTS.withDeadline(Deadline.after(Duration.ZERO)))
        .unary(Greeters.SAY_HELLO, name("x")));

    assertThat(failure.code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
    assertThat(calls).hasValue(0);
  }

  @Test
  void tellsTheServerOfACancel() throws Exception {
    CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
    CountDownLatch started = new CountDownLatch(1);
    unary((request, replies) -> {
      ((ServerCallStreamObserver<HelloReply>) replies)
          .setOnCancelHandler(() -> cancelled.complete(true));
      started.countDown();
    });
    ClientCall<HelloRequest, HelloReply> call = channel().call(Greeters.SAY_HELLO);
    call.sendLast(name("x"));
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();

    call.cancel();

    assertThat(failure(call.response()).getMessage())
        .isEqualTo("CANCELLED: cancelled by the caller");
    assertThat(cancelled.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void reportsACallThatTheServerBreaksOff() throws Exception {
    unary((request, replies) -> replies.onError(io.grpc.Status.CANCELLED.asRuntimeException()));

    assertThat(failure(channel().unary(Greeters.SAY_HELLO, name("x"))).code())
        .isEqualTo(GrpcStatus.CANCELLED);
  }

  @Test
  void readsWhatTheServerSaysFirst() throws Exception {
    server = Greeters.empty()
        .method(
            Greeters.CHAT.fullName(),
            MethodType.BIDI_STREAMING,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncBidiStreamingCall(replies -> {
              replies.onNext(hello("you"));
              return new Greeters.Requests(request -> {}, replies);
            }));
    ClientCall<HelloRequest, HelloReply> call = channel().call(Greeters.CHAT);
    Promise<HelloReply> first = Promise.promise();
    call.responses().handler(first::tryComplete);

    call.sendHeaders();

    assertThat(await(first.future())).isEqualTo(hello("you"));
    call.halfClose();
    await(call.trailers());
  }

  @Test
  void compressesEachMessageAsItWasTold() throws Exception {
    List<String> encodings = new java.util.concurrent.CopyOnWriteArrayList<>();
    server.intercept(new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, io.grpc.Metadata headers, ServerCallHandler<Q, R> next) {
        encodings.add(String.valueOf(headers.get(
            io.grpc.Metadata.Key.of("grpc-encoding", io.grpc.Metadata.ASCII_STRING_MARSHALLER))));
        call.setCompression("gzip");
        return next.startCall(call, headers);
      }
    });
    Channel channel = channel();
    ClientCall<HelloRequest, HelloReply> call =
        channel.with(CallOptions.DEFAULTS.withCompression(true)).call(Greeters.TO_ALL);
    call.send(name("a".repeat(1_000)));
    call.compression(false);
    call.sendLast(name("b"));

    assertThat(await(call.response())).isEqualTo(hello("a".repeat(1_000) + ", b"));
    assertThat(call.responseCompressed()).isTrue();
    assertThat(await(channel.unary(Greeters.SAY_HELLO, name("plain")))).isEqualTo(hello("plain"));
    assertThat(encodings).containsExactly("gzip", "null");
  }

  @Test
  void cancelsTheCallWhenTheStreamOfRequestsFails() throws Exception {
    io.vertx.core.streams.ReadStream<HelloRequest> failing = new FailingStream();

    StatusException failure = failure(channel().clientStreaming(Greeters.TO_ALL, failing));

    assertThat(failure.code()).isEqualTo(GrpcStatus.CANCELLED);
    assertThat(failure.status().description()).contains("disk is gone");
  }

  private void unary(ServerCalls.UnaryMethod<HelloRequest, HelloReply> method) {
    server = Greeters.empty()
        .method(
            Greeters.SAY_HELLO.fullName(),
            MethodType.UNARY,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncUnaryCall(method));
  }

  private Channel channel() throws Exception {
    return Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.start()));
  }

  private static StatusException failure(Future<?> call) {
    return catchThrowableOfType(StatusException.class, () -> await(call));
  }

  private static io.grpc.Metadata.Key<byte[]> binary(String name) {
    return io.grpc.Metadata.Key.of(name, io.grpc.Metadata.BINARY_BYTE_MARSHALLER);
  }
}
