package dev.grpcbackend.interop;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.proto.SimpleRequest;
import dev.grpcbackend.testing.proto.SimpleResponse;
import dev.grpcbackend.testing.proto.StreamingOutputCallRequest;
import dev.grpcbackend.testing.proto.StreamingOutputCallResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;

/** Calls of grpc-java's client with the messages of the interop service. */
final class GrpcJavaCalls {

  static final String TEST_SERVICE = "grpc.testing.TestService/";

  private GrpcJavaCalls() {}

  /** Makes a unary call and waits for it; the answer may be larger than grpc-java's own limit. */
  static SimpleResponse unary(ManagedChannel channel, String method, SimpleRequest request) {
    return ClientCalls.blockingUnaryCall(
        channel,
        simple(method, MethodType.UNARY),
        CallOptions.DEFAULT.withMaxInboundMessageSize(16 << 20),
        request);
  }

  /** Makes a unary call that must fail. */
  static StatusRuntimeException failure(
      ManagedChannel channel, String method, SimpleRequest request) {
    return catchThrowableOfType(
        StatusRuntimeException.class, () -> unary(channel, method, request));
  }

  /** Returns a method of any shape with the simple messages. */
  static MethodDescriptor<SimpleRequest, SimpleResponse> simple(String method, MethodType type) {
    return GrpcJava.method(
        method,
        MethodDescriptor.MethodType.valueOf(type.name()),
        SimpleRequest.getDefaultInstance(),
        SimpleResponse.getDefaultInstance());
  }

  /** Returns a method with the messages of the output streams. */
  static MethodDescriptor<StreamingOutputCallRequest, StreamingOutputCallResponse> output(
      String method, MethodType type) {
    return GrpcJava.method(
        method,
        MethodDescriptor.MethodType.valueOf(type.name()),
        StreamingOutputCallRequest.getDefaultInstance(),
        StreamingOutputCallResponse.getDefaultInstance());
  }
}
