package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.GreeterGrpcService;
import dev.grpcbackend.bench.proto.HelloCount;
import dev.grpcbackend.bench.proto.HelloManyRequest;
import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.bench.proto.Payload;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;

/** The greeter as a generated Vert.x stub: one class, served by plain Vert.x gRPC and by ours. */
final class VertxGreeter extends GreeterGrpcService {

  @Override
  public Future<HelloReply> sayHello(HelloRequest request) {
    return Future.succeededFuture(Greetings.reply(request.getName()));
  }

  @Override
  public Future<HelloReply> sayHelloSlowly(HelloRequest request) {
    return Future.succeededFuture(Greetings.replySlowly(request.getName()));
  }

  @Override
  protected void sayHelloMany(HelloManyRequest request, WriteStream<HelloReply> response) {
    send(Greetings.reply(request.getName()), request.getCount(), response);
  }

  private static void send(HelloReply reply, int count, WriteStream<HelloReply> response) {
    int left = count;
    while (left > 0 && !response.writeQueueFull()) {
      response.write(reply);
      left--;
    }
    if (left == 0) {
      response.end();
    } else {
      int rest = left;
      response.drainHandler(room -> send(reply, rest, response));
    }
  }

  @Override
  public Future<Payload> echo(Payload request) {
    return Future.succeededFuture(request);
  }

  @Override
  protected void countHellos(ReadStream<HelloRequest> request, Completable<HelloCount> response) {
    long[] count = new long[1];
    request.handler(hello -> count[0]++);
    request.endHandler(
        end -> response.succeed(HelloCount.newBuilder().setCount(count[0]).build()));
  }
}
