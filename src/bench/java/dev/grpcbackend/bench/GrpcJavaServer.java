package dev.grpcbackend.bench;

import com.google.protobuf.Descriptors;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.bench.proto.GreeterProto;
import dev.grpcbackend.bench.proto.HelloCount;
import dev.grpcbackend.bench.proto.HelloManyRequest;
import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.bench.proto.Payload;
import dev.grpcbackend.bench.proto.RestProto;
import dev.grpcbackend.bench.proto.RestReply;
import dev.grpcbackend.bench.proto.RestRequest;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
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
    ServiceDescriptor schema = GreeterProto.getDescriptor().findServiceByName("Greeter");
    return service(
        schema,
        ServerMethodDefinition.create(
            method(
                schema,
                "SayHello",
                MethodType.UNARY,
                HelloRequest.getDefaultInstance(),
                HelloReply.getDefaultInstance()),
            ServerCalls.asyncUnaryCall(GrpcJavaServer::sayHello)),
        ServerMethodDefinition.create(
            method(
                schema,
                "SayHelloSlowly",
                MethodType.UNARY,
                HelloRequest.getDefaultInstance(),
                HelloReply.getDefaultInstance()),
            ServerCalls.asyncUnaryCall(GrpcJavaServer::sayHelloSlowly)),
        ServerMethodDefinition.create(
            method(
                schema,
                "SayHelloMany",
                MethodType.SERVER_STREAMING,
                HelloManyRequest.getDefaultInstance(),
                HelloReply.getDefaultInstance()),
            ServerCalls.asyncServerStreamingCall(GrpcJavaServer::sayHelloMany)),
        ServerMethodDefinition.create(
            method(
                schema,
                "Echo",
                MethodType.UNARY,
                Payload.getDefaultInstance(),
                Payload.getDefaultInstance()),
            ServerCalls.asyncUnaryCall(GrpcJavaServer::echo)),
        ServerMethodDefinition.create(
            method(
                schema,
                "CountHellos",
                MethodType.CLIENT_STREAMING,
                HelloRequest.getDefaultInstance(),
                HelloCount.getDefaultInstance()),
            ServerCalls.asyncClientStreamingCall(GrpcJavaServer::countHellos)));
  }

  /** What is called by REST, of servers that can do that. */
  static ServerServiceDefinition rest() {
    ServiceDescriptor schema = RestProto.getDescriptor().findServiceByName("Rest");
    return service(
        schema,
        ServerMethodDefinition.create(
            method(
                schema,
                "SayHello",
                MethodType.UNARY,
                RestRequest.getDefaultInstance(),
                RestReply.getDefaultInstance()),
            ServerCalls.asyncUnaryCall(GrpcJavaServer::sayHelloByRest)));
  }

  private static ServerServiceDefinition service(
      ServiceDescriptor schema, ServerMethodDefinition<?, ?>... methods) {
    io.grpc.ServiceDescriptor.Builder described = io.grpc.ServiceDescriptor.newBuilder(
            schema.getFullName())
        .setSchemaDescriptor(new Schema(schema, ""));
    for (ServerMethodDefinition<?, ?> method : methods) {
      described.addMethod(method.getMethodDescriptor());
    }
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(described.build());
    for (ServerMethodDefinition<?, ?> method : methods) {
      service.addMethod(method);
    }
    return service.build();
  }

  private static <Q extends Message, R extends Message> MethodDescriptor<Q, R> method(
      ServiceDescriptor service, String name, MethodType type, Q request, R response) {
    return MethodDescriptor.<Q, R>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(service.getFullName(), name))
        .setSampledToLocalTracing(true)
        .setRequestMarshaller(ProtoUtils.marshaller(request))
        .setResponseMarshaller(ProtoUtils.marshaller(response))
        .setSchemaDescriptor(new Schema(service, name))
        .build();
  }

  private static void sayHello(HelloRequest request, StreamObserver<HelloReply> response) {
    response.onNext(Greetings.reply(request.getName()));
    response.onCompleted();
  }

  private static void sayHelloSlowly(
      HelloRequest request, StreamObserver<HelloReply> response) {
    response.onNext(Greetings.replySlowly(request.getName()));
    response.onCompleted();
  }

  private static void sayHelloByRest(RestRequest request, StreamObserver<RestReply> response) {
    response.onNext(Greetings.rest(request.getName()));
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
  private record Schema(ServiceDescriptor service, String method)
      implements ProtoMethodDescriptorSupplier {

    @Override
    public FileDescriptor getFileDescriptor() {
      return service.getFile();
    }

    @Override
    public ServiceDescriptor getServiceDescriptor() {
      return service;
    }

    @Override
    public Descriptors.MethodDescriptor getMethodDescriptor() {
      return service.findMethodByName(method);
    }
  }
}
