package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.GreeterGrpcClient;
import dev.grpcbackend.bench.proto.HelloRequest;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.util.concurrent.atomic.AtomicLong;

/** The client of Vert.x gRPC with its generated stub. */
final class VertxClient {

  private static final HelloRequest REQUEST = HelloRequest.newBuilder().setName("world").build();

  private VertxClient() {}

  static void start(int port, AtomicLong calls) {
    Vertx vertx = VertxServers.vertx();
    vertx.runOnContext(turn -> {
      GreeterGrpcClient greeter = GreeterGrpcClient.create(
          GrpcClient.client(vertx), SocketAddress.inetSocketAddress(port, "127.0.0.1"));
      for (int i = 0; i < ClientMain.IN_FLIGHT; i++) {
        call(greeter, calls);
      }
    });
  }

  private static void call(GreeterGrpcClient greeter, AtomicLong calls) {
    greeter.sayHello(REQUEST).onComplete(reply -> {
      calls.incrementAndGet();
      call(greeter, calls);
    }, ClientMain::failed);
  }
}
