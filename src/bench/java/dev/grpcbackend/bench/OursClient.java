package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicLong;

/** Our client. */
final class OursClient {

  static final Method<HelloRequest, HelloReply> SAY_HELLO = new Method<>(
      "bench.Greeter",
      "SayHello",
      MethodType.UNARY,
      Marshaller.of(HelloRequest.class),
      Marshaller.of(HelloReply.class),
      false,
      null);

  static final HelloRequest REQUEST = HelloRequest.newBuilder().setName("world").build();

  private OursClient() {}

  static void start(int port, AtomicLong calls) {
    Vertx vertx = VertxServers.vertx();
    vertx.runOnContext(turn -> {
      Channel channel = Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + port));
      for (int i = 0; i < ClientMain.IN_FLIGHT; i++) {
        call(channel, calls);
      }
    });
  }

  private static void call(Channel channel, AtomicLong calls) {
    channel.unary(SAY_HELLO, REQUEST).onComplete(reply -> {
      calls.incrementAndGet();
      call(channel, calls);
    }, ClientMain::failed);
  }
}
