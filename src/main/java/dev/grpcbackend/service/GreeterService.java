package dev.grpcbackend.service;

import static dev.grpcbackend.call.ServerCalls.bidi;
import static dev.grpcbackend.call.ServerCalls.clientStreaming;
import static dev.grpcbackend.call.ServerCalls.serverStreaming;
import static dev.grpcbackend.call.ServerCalls.unary;

import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code helloworld.Greeter}, one method for each call shape. Bound method by method rather than by
 * a generated stub, whose streaming methods report success when their source has failed.
 */
public final class GreeterService implements BindableService {

  /** The most that {@code SayHelloToAll} keeps; more is RESOURCE_EXHAUSTED. */
  private static final int MAX_NAMES = 1_000;

  private static final List<String> HELLO = List.of("Hello", "Hola", "Bonjour", "Hallo", "Ciao");

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        method("SayHello", unary((request, call) -> Future.succeededFuture(hello(request)))),
        method("SayHelloInManyLanguages", serverStreaming(GreeterService::inManyLanguages)),
        method("SayHelloToAll", clientStreaming((requests, call) -> toAll(requests))),
        method("Chat", bidi(GreeterService::chat)));
  }

  private static BoundMethod<HelloRequest, HelloReply> method(
      String name, ServerCalls.Shaped<HelloRequest, HelloReply> handler) {
    return BoundMethod.of(
        "helloworld.Greeter/" + name, HelloRequest.class, HelloReply.class, handler);
  }

  private static HelloReply hello(HelloRequest request) {
    return reply("Hello " + request.getName());
  }

  private static Future<Void> inManyLanguages(
      HelloRequest request, ServerCall<HelloRequest, HelloReply> call) {
    HELLO.forEach(hello -> call.send(reply(hello + " " + request.getName())));
    return Future.succeededFuture();
  }

  private static Future<HelloReply> toAll(ReadStream<HelloRequest> requests) {
    Promise<HelloReply> all = Promise.promise();
    List<String> names = new ArrayList<>();
    requests.exceptionHandler(all::tryFail);
    requests.endHandler(end -> all.tryComplete(reply("Hello " + joined(names))));
    requests.handler(request -> {
      if (names.size() < MAX_NAMES) {
        names.add(request.getName());
      } else {
        all.tryFail(Status.RESOURCE_EXHAUSTED
            .withDescription("more than " + MAX_NAMES + " names")
            .asException());
      }
    });
    return all.future();
  }

  private static Future<Void> chat(
      ReadStream<HelloRequest> requests, ServerCall<HelloRequest, HelloReply> call) {
    Promise<Void> done = Promise.promise();
    requests.exceptionHandler(done::tryFail);
    requests.endHandler(end -> done.tryComplete());
    requests.handler(request -> {
      call.send(hello(request));
      if (call.writeQueueFull()) {
        requests.pause();
        call.drainHandler(room -> requests.resume());
      }
    });
    return done.future();
  }

  private static String joined(List<String> names) {
    if (names.size() < 2) {
      return names.isEmpty() ? "nobody" : names.get(0);
    }
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }

  private static HelloReply reply(String message) {
    return HelloReply.newBuilder().setMessage(message).build();
  }
}
