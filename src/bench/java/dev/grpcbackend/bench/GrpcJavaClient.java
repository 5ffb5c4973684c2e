package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.atomic.AtomicLong;

/** The asynchronous stub of grpc-java, without a pool of threads. */
final class GrpcJavaClient {

  private static final MethodDescriptor<HelloRequest, HelloReply> SAY_HELLO =
      MethodDescriptor.<HelloRequest, HelloReply>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("bench.Greeter/SayHello")
          .setRequestMarshaller(ProtoUtils.marshaller(HelloRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(HelloReply.getDefaultInstance()))
          .build();

  private static final HelloRequest REQUEST = HelloRequest.newBuilder().setName("world").build();

  private GrpcJavaClient() {}

  static void start(int port, AtomicLong calls) {
    MultiThreadIoEventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
        .eventLoopGroup(loop)
        .channelType(NioSocketChannel.class)
        .directExecutor()
        .usePlaintext()
        .build();
    loop.execute(() -> {
      for (int i = 0; i < ClientMain.IN_FLIGHT; i++) {
        call(channel, calls);
      }
    });
  }

  private static void call(ManagedChannel channel, AtomicLong calls) {
    ClientCalls.asyncUnaryCall(
        channel.newCall(SAY_HELLO, CallOptions.DEFAULT), REQUEST, new StreamObserver<HelloReply>() {
          @Override
          public void onNext(HelloReply reply) {
            calls.incrementAndGet();
          }

          @Override
          public void onError(Throwable failure) {
            ClientMain.failed(failure);
          }

          @Override
          public void onCompleted() {
            call(channel, calls);
          }
        });
  }
}
