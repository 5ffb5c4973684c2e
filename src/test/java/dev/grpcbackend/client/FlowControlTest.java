package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Neither side sends more than the other one reads. */
@Timeout(120)
class FlowControlTest {

  private final Vertx vertx = Vertx.vertx();
  private GrpcJavaServer server = Greeters.server();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  @Test
  void stopsAServerWhoseAnswersAreNotRead() throws Exception {
    int count = 400;
    String large = "x".repeat(16 * 1024);
    CountDownLatch stopped = new CountDownLatch(1);
    server = Greeters.empty()
        .method(
            Greeters.MANY_LANGUAGES.fullName(),
            MethodType.SERVER_STREAMING,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncServerStreamingCall((request, observer) -> {
              ServerCallStreamObserver<HelloReply> replies =
                  (ServerCallStreamObserver<HelloReply>) observer;
              AtomicInteger sent = new AtomicInteger();
              replies.setOnReadyHandler(() -> {
                while (replies.isReady() && sent.get() < count) {
                  replies.onNext(hello(sent.getAndIncrement() + large));
                }
                if (sent.get() < count) {
                  stopped.countDown();
                } else if (sent.getAndIncrement() == count) {
                  replies.onCompleted();
                }
              });
            }));
    ClientCall<HelloRequest, HelloReply> call = channel().call(Greeters.MANY_LANGUAGES);
    List<String> seen = new ArrayList<>();
    Promise<Void> ended = Promise.promise();
    call.responses().pause();
    call.responses().exceptionHandler(ended::fail).endHandler(end -> ended.complete());
    call.responses().handler(reply -> {
      seen.add(reply.getMessage());
      call.responses().fetch(1);
    });
    call.sendLast(name("x"));
    assertThat(stopped.await(10, TimeUnit.SECONDS)).isTrue();

    call.responses().fetch(1);

    await(ended.future());
    assertThat(seen).hasSize(count);
    assertThat(seen.get(count - 1)).startsWith("Hello " + (count - 1) + "x");
  }

  @Test
  void stopsSendingToAServerThatDoesNotRead() throws Exception {
    CompletableFuture<ServerCallStreamObserver<HelloReply>> reader = new CompletableFuture<>();
    AtomicInteger received = new AtomicInteger();
    server = Greeters.empty()
        .method(
            Greeters.TO_ALL.fullName(),
            MethodType.CLIENT_STREAMING,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncClientStreamingCall(observer -> {
              ServerCallStreamObserver<HelloReply> replies =
                  (ServerCallStreamObserver<HelloReply>) observer;
              replies.disableAutoRequest();
              reader.complete(replies);
              return new Greeters.Requests(request -> received.incrementAndGet(), replies) {
                @Override
                public void onCompleted() {
                  replies.onNext(hello("" + received.get()));
                  replies.onCompleted();
                }
              };
            }));
    ClientCall<HelloRequest, HelloReply> call = channel().call(Greeters.TO_ALL);
    HelloRequest large = name("x".repeat(64 * 1024));
    Promise<Integer> full = Promise.promise();
    // Before there is a connection the queue is full by a single large message.
    await(call.send(large));
    call.context().runOnContext(turn -> fill(call, large, 1, full));
    int sent = await(full.future());
    Promise<Void> drained = Promise.promise();
    call.drainHandler(room -> drained.tryComplete());

    reader.get(10, TimeUnit.SECONDS).request(Integer.MAX_VALUE);

    await(drained.future());
    call.halfClose();
    assertThat(await(call.response())).isEqualTo(hello("" + sent));
  }

  /** Sends until there is no room, a message a turn. */
  private static void fill(
      ClientCall<HelloRequest, HelloReply> call,
      HelloRequest large,
      int sent,
      Promise<Integer> full) {
    if (call.writeQueueFull()) {
      full.complete(sent);
    } else {
      call.send(large);
      call.context().runOnContext(turn -> fill(call, large, sent + 1, full));
    }
  }

  private Channel channel() throws Exception {
    return Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.start()));
  }
}
