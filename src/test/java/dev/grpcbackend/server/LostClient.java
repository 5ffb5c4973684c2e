package dev.grpcbackend.server;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.GrpcJava;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import java.util.ArrayList;
import java.util.List;

/** grpc-java's client in a process of its own: opens calls and waits to be killed. */
final class LostClient {

  private LostClient() {}

  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel = GrpcJava.channel(Integer.parseInt(arguments[0]));
    List<ClientCall<HelloRequest, HelloReply>> calls = new ArrayList<>();
    calls.add(open(channel, "life.Test/Unary", MethodType.UNARY));
    calls.add(open(channel, "life.Test/Stream", MethodType.SERVER_STREAMING));
    calls.add(open(channel, "life.Test/Bidi", MethodType.BIDI_STREAMING));
    // Ends with its standard input, if it is not killed before.
    while (System.in.read() >= 0) {
      calls.get(0).request(1);
    }
    System.exit(0);
  }

  private static ClientCall<HelloRequest, HelloReply> open(
      ManagedChannel channel, String name, MethodType type) {
    ClientCall<HelloRequest, HelloReply> call = channel.newCall(
        GrpcJava.method(
            name, type, HelloRequest.getDefaultInstance(), HelloReply.getDefaultInstance()),
        CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(1);
    call.sendMessage(HelloRequest.getDefaultInstance());
    if (type != MethodType.BIDI_STREAMING) {
      call.halfClose();
    }
    return call;
  }
}
