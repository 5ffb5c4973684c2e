package dev.grpcbackend.client;

import dev.grpcbackend.proto.helloworld.GreeterProto;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.testing.GrpcJavaServer;
import dev.grpcbackend.testing.Patience;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The Greeter: its methods for our client, and its handlers for a grpc-java server. */
final class Greeters {

  static final Method<HelloRequest, HelloReply> SAY_HELLO = method("SayHello");
  static final Method<HelloRequest, HelloReply> MANY_LANGUAGES = method("SayHelloInManyLanguages");
  static final Method<HelloRequest, HelloReply> TO_ALL = method("SayHelloToAll");
  static final Method<HelloRequest, HelloReply> CHAT = method("Chat");

  private Greeters() {}

  static HelloRequest name(String name) {
    return HelloRequest.newBuilder().setName(name).build();
  }

  static HelloReply hello(String name) {
    return HelloReply.newBuilder().setMessage("Hello " + name).build();
  }

  /** Waits for an outcome from outside the event loop. */
  static <T> T await(Future<T> future) throws Exception {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(Patience.SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }

  /** Returns a server that greets in all four shapes; streams of replies have three. */
  static GrpcJavaServer server() {
    return empty()
        .method(
            SAY_HELLO.fullName(),
            MethodType.UNARY,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncUnaryCall((request, replies) -> {
              replies.onNext(hello(request.getName()));
              replies.onCompleted();
            }))
        .method(
            MANY_LANGUAGES.fullName(),
            MethodType.SERVER_STREAMING,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncServerStreamingCall((request, replies) -> {
              for (int i = 1; i <= 3; i++) {
                replies.onNext(hello(request.getName() + " " + i));
              }
              replies.onCompleted();
            }))
        .method(
            TO_ALL.fullName(),
            MethodType.CLIENT_STREAMING,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncClientStreamingCall(Greeters::greetAll))
        .method(
            CHAT.fullName(),
            MethodType.BIDI_STREAMING,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncBidiStreamingCall(Greeters::greetEach));
  }

  static GrpcJavaServer empty() {
    return new GrpcJavaServer();
  }

  private static StreamObserver<HelloRequest> greetAll(StreamObserver<HelloReply> replies) {
    List<String> names = new ArrayList<>();
    return new Requests(request -> names.add(request.getName()), replies) {
      @Override
      public void onCompleted() {
        replies.onNext(hello(String.join(", ", names)));
        replies.onCompleted();
      }
    };
  }

  private static StreamObserver<HelloRequest> greetEach(StreamObserver<HelloReply> replies) {
    return new Requests(request -> replies.onNext(hello(request.getName())), replies);
  }

  /** Hands each request to a function; ends when the client does. */
  static class Requests implements StreamObserver<HelloRequest> {
    private final java.util.function.Consumer<HelloRequest> each;
    private final StreamObserver<HelloReply> replies;

    Requests(java.util.function.Consumer<HelloRequest> each, StreamObserver<HelloReply> replies) {
      this.each = each;
      this.replies = replies;
    }

    @Override
    public void onNext(HelloRequest request) {
      each.accept(request);
    }

    /** The client has gone: there is nobody to answer. */
    @Override
    public void onError(Throwable gone) {}

    @Override
    public void onCompleted() {
      replies.onCompleted();
    }
  }

  private static Method<HelloRequest, HelloReply> method(String name) {
    return Method.of(
        GreeterProto.getDescriptor().findServiceByName("Greeter").findMethodByName(name),
        Marshaller.of(HelloRequest.class),
        Marshaller.of(HelloReply.class));
  }
}
