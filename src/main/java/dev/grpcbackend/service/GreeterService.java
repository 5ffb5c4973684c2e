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
import io.vertx.core.Future;
import io.vertx.core.streams.ReadStream;
import java.util.List;

/**
 * {@code helloworld.Greeter}, one method for each call shape:
 *
 * <ul>
 *   <li>{@code SayHello}: "Hello " and the name;
 *   <li>{@code SayHelloInManyLanguages}: the same in five languages, one reply each;
 *   <li>{@code SayHelloToAll}: one greeting for everybody, "Hello Ada, Bo and Cy", or "Hello nobody";
 *       RESOURCE_EXHAUSTED for more than {@value GuestList#MAX_NAMES} names or {@value
 *       GuestList#MAX_CHARACTERS} characters of names, because they are kept until the last is there;
 *   <li>{@code Chat}: greets each name as it arrives, reads no faster than its replies are taken.
 * </ul>
 *
 * <p>Bound method by method rather than by a generated stub, whose streaming methods report success
 * when their source has failed. Stateless: one object may serve all instances of a server.
 */
public final class GreeterService implements BindableService {

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
    return new GuestList().read(requests).map(names -> reply("Hello " + names));
  }

  private static Future<Void> chat(
      ReadStream<HelloRequest> requests, ServerCall<HelloRequest, HelloReply> call) {
    return AnswerEach.of(requests, call, GreeterService::hello);
  }

  private static HelloReply reply(String message) {
    return HelloReply.newBuilder().setMessage(message).build();
  }
}
