package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.GreeterGrpcClient;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.ReadStream;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Generated Vert.x stubs, and raw {@code GrpcClient} requests, on our channel. */
@Timeout(120)
class StubTest {

  private final Vertx vertx = Vertx.vertx();
  private GrpcJavaServer server = Greeters.server();
  private Channel channel = Channel.create(vertx, ChannelOptions.DEFAULTS);

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  @Test
  void servesAllFourShapes() throws Exception {
    GreeterGrpcClient greeter = greeter();
    HelloReply toAll = await(greeter.sayHelloToAll((requests, refused) -> {
      requests.write(name("Ada"));
      requests.end(name("Bob"));
    }));
    List<HelloReply> languages =
        await(onLoop(() -> greeter.sayHelloInManyLanguages(name("Ada")).compose(ChannelTest::all)));
    List<HelloReply> chat = await(onLoop(() -> greeter
        .chat((requests, refused) -> {
          requests.write(name("Ada"));
          requests.end(name("Bob"));
        })
        .compose(ChannelTest::all)));

    assertThat(await(greeter.sayHello(name("Ada")))).isEqualTo(hello("Ada"));
    assertThat(languages).hasSize(3);
    assertThat(toAll).isEqualTo(hello("Ada, Bob"));
    assertThat(chat).containsExactly(hello("Ada"), hello("Bob"));
  }

  @Test
  void reportsTheStatusOfAUnaryCallWithItsMessage() throws Exception {
    server = Greeters.empty();

    StatusException failure = failure(greeter().sayHello(name("x")));

    assertThat(failure.getMessage())
        .isEqualTo("UNIMPLEMENTED: Method not found: helloworld.Greeter/SayHello");
  }

  @Test
  void reportsTheStatusOfAStreamThatFailsAtOnce() throws Exception {
    server = Greeters.empty();
    GreeterGrpcClient greeter = greeter();

    assertThat(failure(greeter.sayHelloInManyLanguages(name("x"))).code())
        .isEqualTo(GrpcStatus.UNIMPLEMENTED);
    assertThat(failure(greeter.chat((requests, refused) -> {})).code())
        .isEqualTo(GrpcStatus.UNIMPLEMENTED);
    assertThat(failure(greeter.sayHelloToAll((requests, refused) -> {})).code())
        .isEqualTo(GrpcStatus.UNIMPLEMENTED);
  }

  @Test
  void failsTheStreamOfACallThatFailsAfterMessages() throws Exception {
    failAfterOneMessage();
    GreeterGrpcClient greeter = greeter();

    Future<String> outcome =
        onLoop(() -> greeter.sayHelloInManyLanguages(name("x")).compose(replies -> {
          Promise<String> end = Promise.promise();
          StringBuilder seen = new StringBuilder();
          replies
              .handler(reply -> seen.append(reply.getMessage()).append(", "))
              .endHandler(ended -> end.tryComplete("ended as if OK"))
              .exceptionHandler(failure -> end.tryComplete(seen + failure.getMessage()));
          return end.future();
        }));

    assertThat(await(outcome)).isEqualTo("Hello one, DATA_LOSS: the rest is gone");
  }

  @Test
  void holdsTheMessagesOfAStreamUntilSomebodyReadsThem() throws Exception {
    ReadStream<HelloReply> replies = await(greeter().sayHelloInManyLanguages(name("Ada")));

    // Off the event loop, when all has long arrived or is about to.
    assertThat(await(ChannelTest.all(replies))).hasSize(3);
  }

  @Test
  void reportsUnavailableWithTheAddressOfAServerThatIsNotThere() throws Exception {
    GreeterGrpcClient greeter = greeter();
    server.close();

    assertThat(failure(greeter.sayHello(name("x"))).getMessage())
        .startsWith("UNAVAILABLE: cannot connect to 127.0.0.1:");
  }

  @Test
  void appliesTheOptionsOfTheView() throws Exception {
    server = Greeters.empty()
        .method(
            Greeters.SAY_HELLO.fullName(),
            MethodType.UNARY,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncUnaryCall((request, replies) -> {}));
    int port = server.start();
    channel = Channel.create(vertx, ChannelOptions.DEFAULTS);
    GreeterGrpcClient greeter = GreeterGrpcClient.create(
        channel.with(CallOptions.DEFAULTS.withTimeout(java.time.Duration.ofMillis(200))),
        SocketAddress.inetSocketAddress(port, "127.0.0.1"));

    assertThat(failure(greeter.sayHello(name("x"))).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @Test
  void carriesRawBuffersAndSetsHeadersTimeoutAndEncoding() throws Exception {
    greeter();

    Future<GrpcClientResponse<Buffer, Buffer>> response = channel.request().compose(request -> {
      request.fullMethodName("helloworld.Greeter/SayHello");
      request.headers().set("tenant", "blue");
      request.encoding("gzip").timeout(10, TimeUnit.SECONDS);
      return request.send(Buffer.buffer(name("Ada").toByteArray()));
    });

    Buffer last = await(response.compose(GrpcClientResponse::last));
    assertThat(HelloReply.parseFrom(last.getBytes())).isEqualTo(hello("Ada"));
    assertThat(response.result().status()).isEqualTo(GrpcStatus.OK);
  }

  private void failAfterOneMessage() {
    server = Greeters.empty()
        .method(
            Greeters.MANY_LANGUAGES.fullName(),
            MethodType.SERVER_STREAMING,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncServerStreamingCall((request, replies) -> {
              replies.onNext(hello("one"));
              replies.onError(
                  Status.DATA_LOSS.withDescription("the rest is gone").asRuntimeException());
            }));
  }

  private GreeterGrpcClient greeter() throws Exception {
    int port = server.start();
    channel = Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + port));
    return GreeterGrpcClient.create(channel, SocketAddress.inetSocketAddress(port, "127.0.0.1"));
  }

  private <T> Future<T> onLoop(java.util.function.Supplier<Future<T>> step) {
    Promise<T> promise = Promise.promise();
    vertx.runOnContext(turn -> step.get().onComplete(promise));
    return promise.future();
  }

  private static StatusException failure(Future<?> call) {
    return catchThrowableOfType(StatusException.class, () -> await(call));
  }
}
