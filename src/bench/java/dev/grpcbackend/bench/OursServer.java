package dev.grpcbackend.bench;

import static dev.grpcbackend.call.ServerCalls.clientStreaming;
import static dev.grpcbackend.call.ServerCalls.serverStreaming;
import static dev.grpcbackend.call.ServerCalls.unary;

import dev.grpcbackend.bench.proto.HelloCount;
import dev.grpcbackend.bench.proto.HelloManyRequest;
import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.bench.proto.Payload;
import dev.grpcbackend.bench.proto.RestReply;
import dev.grpcbackend.bench.proto.RestRequest;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.observe.CallLogOptions;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ManagementOptions;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;

/** Our server, with the generated stub or with a function for each method. */
final class OursServer {

  private OursServer() {}

  static int start(int port, boolean stub) {
    // The options are those that conf/server.yaml shows, but for the address.
    return start(ServerOptions.DEFAULTS.withHost("127.0.0.1").withPort(port), stub);
  }

  /** Starts it with its calls measured, and if {@code logged} with a line for each of them. */
  static int startWatched(int port, boolean logged) {
    ServerOptions options = ServerOptions.DEFAULTS
        .withHost("127.0.0.1")
        .withPort(port)
        .withManagement(new ManagementOptions(true, "127.0.0.1", 0, false, true, false));
    CallLogOptions log = CallLogOptions.DEFAULTS;
    return start(
        !logged
            ? options
            : options.withCallLog(new CallLogOptions(
                "/dev/null", log.format(), 1, log.slowAfter(), false, log.exempt())),
        false);
  }

  private static int start(ServerOptions options, boolean stub) {
    GrpcServerVerticle.Builder builder = GrpcServerVerticle.builder().options(options);
    builder.method(
        "bench.Rest/SayHello",
        RestRequest.class,
        RestReply.class,
        unary((request, call) -> Future.succeededFuture(Greetings.rest(request.getName()))));
    if (stub) {
      builder.service(new VertxGreeter());
    } else {
      builder
          .method(
              "bench.Greeter/SayHello",
              HelloRequest.class,
              HelloReply.class,
              unary((request, call) -> Future.succeededFuture(Greetings.reply(request.getName()))))
          .method(
              "bench.Greeter/SayHelloSlowly",
              HelloRequest.class,
              HelloReply.class,
              unary((request, call) ->
                  Future.succeededFuture(Greetings.replySlowly(request.getName()))))
          .method(
              "bench.Greeter/SayHelloMany",
              HelloManyRequest.class,
              HelloReply.class,
              serverStreaming(OursServer::sayHelloMany))
          .method(
              "bench.Greeter/Echo",
              Payload.class,
              Payload.class,
              unary((request, call) -> Future.succeededFuture(request)))
          .method(
              "bench.Greeter/CountHellos",
              HelloRequest.class,
              HelloCount.class,
              clientStreaming((requests, call) -> count(requests)));
    }
    GrpcServerVerticle server = builder.build();
    VertxServers.vertx().deployVerticle(server).await();
    return server.actualPort();
  }

  private static Future<Void> sayHelloMany(
      HelloManyRequest request, ServerCall<HelloManyRequest, HelloReply> call) {
    Promise<Void> done = Promise.promise();
    send(Greetings.reply(request.getName()), request.getCount(), call, done);
    return done.future();
  }

  private static void send(
      HelloReply reply, int count, ServerCall<?, HelloReply> call, Promise<Void> done) {
    int left = count;
    while (left > 0 && !call.writeQueueFull()) {
      call.send(reply);
      left--;
    }
    if (left == 0) {
      done.complete();
    } else {
      int rest = left;
      call.drainHandler(room -> send(reply, rest, call, done));
    }
  }

  private static Future<HelloCount> count(ReadStream<HelloRequest> requests) {
    Promise<HelloCount> counted = Promise.promise();
    long[] count = new long[1];
    requests.handler(hello -> count[0]++);
    requests.exceptionHandler(counted::tryFail);
    requests.endHandler(
        end -> counted.tryComplete(HelloCount.newBuilder().setCount(count[0]).build()));
    return counted.future();
  }
}
