package dev.grpcbackend.testing;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;

/** grpc-java as an independent peer, without generated stubs. */
public final class GrpcJava {

  private GrpcJava() {}

  /** Returns a clear-text channel; the caller shuts it down. */
  public static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  /** Returns the descriptor of a method by its full name. */
  public static <Req extends Message, Resp extends Message> MethodDescriptor<Req, Resp> method(
      String fullName, MethodDescriptor.MethodType type, Req request, Resp response) {
    return MethodDescriptor.<Req, Resp>newBuilder()
        .setFullMethodName(fullName)
        .setType(type)
        .setRequestMarshaller(ProtoUtils.marshaller(request))
        .setResponseMarshaller(ProtoUtils.marshaller(response))
        .build();
  }

  /** Makes a unary call and waits for it. */
  public static <Req extends Message, Resp extends Message> Resp unary(
      ManagedChannel channel, String fullName, Req request, Resp empty) {
    @SuppressWarnings("unchecked") // the default instance has the class of the message
    Req emptyRequest = (Req) request.getDefaultInstanceForType();
    return ClientCalls.blockingUnaryCall(
        channel,
        method(fullName, MethodDescriptor.MethodType.UNARY, emptyRequest, empty),
        CallOptions.DEFAULT,
        request);
  }
}
