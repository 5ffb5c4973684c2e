package dev.grpcbackend.bench;

import com.google.protobuf.Descriptors;
import com.google.protobuf.Message;
import dev.grpcbackend.bench.proto.GreeterProto;
import dev.grpcbackend.bench.proto.HelloCount;
import dev.grpcbackend.bench.proto.HelloManyRequest;
import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.bench.proto.Payload;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;

/** grpc-java on its Netty transport, calls handled on the one event loop. */
final class GrpcJavaServer {

  private GrpcJavaServer() {}

  static int start(int port) {
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
        .bossEventLoopGroup(loop)
        .workerEventLoopGroup(loop)
        .channelType(NioServerSocketChannel.class)
        .directExecutor()
        .addService(greeter())
        .build();
    try {
      return server.start().getPort();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The service as grpc-java's generated code would define it. */
  static ServerServiceDefinition greeter() {
    ServiceDescriptor.Builder schema =
        ServiceDescriptor.newBuilder("bench.Greeter").setSchemaDescriptor(new Schema(""));
    List<ServerMethodDefinition<?, ?>> methods = List.of(
        ServerMethodDefinition.create(
            method(
                "SayHello",
                MethodType.UNARY,
                HelloRequest.getDefaultInstance(),
                HelloReply.getDefaultInstance()),
            ServerCalls.asyncUnaryCall(GrpcJavaServer::sayHello)),
        ServerMethodDefinition.create(
            method(
                "SayHelloMany",
                MethodType.SERVER_STREAMING,
                HelloManyRequest.getDefaultInstance(),
                HelloReply.getDefaultInstance()),
            ServerCalls.asyncServerStreamingCall(GrpcJavaServer::sayHelloMany)),
        ServerMethodDefinition.create(
            method(
                "Echo",
                MethodType.UNARY,
                Payload.getDefaultInstance(),
                Payload.getDefaultInstance()),
            ServerCalls.asyncUnaryCall(GrpcJavaServer::echo)),
        ServerMethodDefinition.create(
            method(
                "CountHellos",
                MethodType.CLIENT_STREAMING,
                HelloRequest.getDefaultInstance(),
                HelloCount.getDefaultInstance()),
            ServerCalls.asyncClientStreamingCall(GrpcJavaServer::countHellos)));
    methods.forEach(method -> schema.addMethod(method.getMethodDescriptor()));
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(schema.build());
    methods.forEach(service::addMethod);
    return service.build();
  }

  private static <Q extends Message, R extends Message> MethodDescriptor<Q, R> method(
      String name, MethodType type, Q request, R response) {
    return MethodDescriptor.<Q, R>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName("bench.Greeter", name))
        .setSampledToLocalTracing(true)
        .setRequestMarshaller(ProtoUtils.marshaller(request))
        .setResponseMarshaller(ProtoUtils.marshaller(response))
        .setSchemaDescriptor(new Schema(name))
        .build();
  }

  private static void sayHello(HelloRequest request, StreamObserver<HelloReply> response) {
    response.onNext(Greetings.reply(request.getName()));
    response.onCompleted();
  }

  private static void sayHelloMany(HelloManyRequest request, StreamObserver<HelloReply> response) {
    ServerCallStreamObserver<HelloReply> call = (ServerCallStreamObserver<HelloReply>) response;
    HelloReply reply = Greetings.reply(request.getName());
    int[] left = {request.getCount()};
    call.setOnReadyHandler(() -> {
      if (left[0] == 0) {
        return;
      }
      while (left[0] > 0 && call.isReady()) {
        call.onNext(reply);
        left[0]--;
      }
      if (left[0] == 0) {
        call.onCompleted();
      }
    });
  }

  private static void echo(Payload request, StreamObserver<Payload> response) {
    response.onNext(request);
    response.onCompleted();
  }

  private static StreamObserver<HelloRequest> countHellos(StreamObserver<HelloCount> response) {
    return new StreamObserver<>() {
      private long count;

      @Override
      public void onNext(HelloRequest hello) {
        count++;
      }

      @Override
      public void onError(Throwable gone) {
        // The caller has gone; there is nobody to tell the count.
      }

      @Override
      public void onCompleted() {
        response.onNext(HelloCount.newBuilder().setCount(count).build());
        response.onCompleted();
      }
    };
  }

  /** Where who transcodes JSON finds the rules of a method. */
  private record Schema(String method) implements ProtoMethodDescriptorSupplier {

    @Override
    public Descriptors.FileDescriptor getFileDescriptor() {
      return GreeterProto.getDescriptor();
    }

    @Override
    public Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("Greeter");
    }

    @Override
    public Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(method);
    }
  }
}
