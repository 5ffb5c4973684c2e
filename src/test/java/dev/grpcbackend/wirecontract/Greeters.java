package dev.grpcbackend.wirecontract;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RequestFields;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The four methods of the greeter, which count how often they were started, and what is sent to
 * them. Unary calls give the caller's {@code x-} metadata back in headers and trailers.
 */
final class Greeters {

  static final String UNARY = "/helloworld.Greeter/SayHello";
  static final String SERVER_STREAMING = "/helloworld.Greeter/SayHelloInManyLanguages";
  static final String CLIENT_STREAMING = "/helloworld.Greeter/SayHelloToAll";
  static final String BIDI = "/helloworld.Greeter/Chat";

  private final AtomicInteger starts = new AtomicInteger();

  /** Returns the fields of a good call of {@link #UNARY}. */
  static RequestFields sayHello() {
    return RequestFields.grpc(UNARY);
  }

  static HelloRequest named(String name) {
    return HelloRequest.newBuilder().setName(name).build();
  }

  /** Returns one message with this name. */
  static ByteString hello(String name) {
    return GrpcFrames.message(named(name));
  }

  static HelloReply greeting(String name) {
    return HelloReply.newBuilder().setMessage("Hello " + name).build();
  }

  /** Returns one method of its own, for tests that need a handler of their own. */
  static BoundMethod<HelloRequest, HelloReply> method(
      String name, ServerCalls.Shaped<HelloRequest, HelloReply> handler) {
    return BoundMethod.of(name, HelloRequest.class, HelloReply.class, handler);
  }

  int starts() {
    return starts.get();
  }

  void register(GrpcServerVerticle.Builder server) {
    server
        .method(method(UNARY.substring(1), ServerCalls.unary(this::sayHello)))
        .method(method(SERVER_STREAMING.substring(1), ServerCalls.serverStreaming(this::many)))
        .method(method(CLIENT_STREAMING.substring(1), ServerCalls.clientStreaming(this::toAll)))
        .method(method(BIDI.substring(1), ServerCalls.bidi(this::chat)));
  }

  private Future<HelloReply> sayHello(HelloRequest request, ServerCall<?, ?> call) {
    starts.incrementAndGet();
    giveBack(call.headers(), call.responseHeaders());
    giveBack(call.headers(), call.trailers());
    return Future.succeededFuture(greeting(request.getName()));
  }

  private Future<Void> many(HelloRequest request, ServerCall<?, HelloReply> call) {
    starts.incrementAndGet();
    call.send(greeting(request.getName()));
    return call.send(greeting(request.getName() + " again"));
  }

  private Future<HelloReply> toAll(ReadStream<HelloRequest> requests, ServerCall<?, ?> call) {
    starts.incrementAndGet();
    List<String> names = new ArrayList<>();
    return eachOf(requests, request -> names.add(request.getName()))
        .map(ended -> greeting(String.join(", ", names)));
  }

  private Future<Void> chat(ReadStream<HelloRequest> requests, ServerCall<?, HelloReply> call) {
    starts.incrementAndGet();
    return eachOf(requests, request -> call.send(greeting(request.getName())));
  }

  private static Future<Void> eachOf(
      ReadStream<HelloRequest> requests, java.util.function.Consumer<HelloRequest> action) {
    Promise<Void> end = Promise.promise();
    requests.exceptionHandler(end::tryFail).endHandler(end::tryComplete).handler(action::accept);
    return end.future();
  }

  private static void giveBack(Metadata from, Metadata into) {
    from.forEach((name, value) -> {
      if (!name.startsWith("x-")) {
        into.add(Metadata.Key.ascii("seen-" + name), "yes");
      } else if (value instanceof byte[] bytes) {
        into.add(Metadata.Key.binary(name), bytes);
      } else {
        into.add(Metadata.Key.ascii(name), (String) value);
      }
    });
  }
}
