package dev.grpcbackend.conformance;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.conformance.proto.BidiStreamRequest;
import dev.grpcbackend.conformance.proto.BidiStreamResponse;
import dev.grpcbackend.conformance.proto.ClientStreamRequest;
import dev.grpcbackend.conformance.proto.ClientStreamResponse;
import dev.grpcbackend.conformance.proto.ConformancePayload;
import dev.grpcbackend.conformance.proto.IdempotentUnaryRequest;
import dev.grpcbackend.conformance.proto.IdempotentUnaryResponse;
import dev.grpcbackend.conformance.proto.ServerStreamRequest;
import dev.grpcbackend.conformance.proto.ServerStreamResponse;
import dev.grpcbackend.conformance.proto.UnaryRequest;
import dev.grpcbackend.conformance.proto.UnaryResponse;
import dev.grpcbackend.conformance.proto.UnimplementedRequest;
import dev.grpcbackend.conformance.proto.UnimplementedResponse;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A method of the suite's service as its client sees it.
 *
 * @param request the type of what it is called with
 * @param payload finds what a response reports
 */
record PayloadMethod<Req extends Message, Resp extends Message>(
    Method<Req, Resp> method, Class<Req> request, Function<Resp, ConformancePayload> payload) {

  private static final Map<String, PayloadMethod<?, ?>> BY_NAME = Stream.of(
          of("Unary", UnaryRequest.class, UnaryResponse.class, UnaryResponse::getPayload),
          of(
              "IdempotentUnary",
              IdempotentUnaryRequest.class,
              IdempotentUnaryResponse.class,
              IdempotentUnaryResponse::getPayload),
          of(
              "Unimplemented",
              UnimplementedRequest.class,
              UnimplementedResponse.class,
              response -> ConformancePayload.getDefaultInstance()),
          of(
              "ServerStream",
              ServerStreamRequest.class,
              ServerStreamResponse.class,
              ServerStreamResponse::getPayload),
          of(
              "ClientStream",
              ClientStreamRequest.class,
              ClientStreamResponse.class,
              ClientStreamResponse::getPayload),
          of(
              "BidiStream",
              BidiStreamRequest.class,
              BidiStreamResponse.class,
              BidiStreamResponse::getPayload))
      .collect(Collectors.toUnmodifiableMap(known -> known.method.name(), known -> known));

  /**
   * Returns the method of this name.
   *
   * @throws IllegalArgumentException if the service has none
   */
  static PayloadMethod<?, ?> named(String name) {
    PayloadMethod<?, ?> known = BY_NAME.get(name);
    if (known == null) {
      throw new IllegalArgumentException(
          "method: " + name + " (expected: " + BY_NAME.keySet() + ")");
    }
    return known;
  }

  private static <Req extends Message, Resp extends Message> PayloadMethod<Req, Resp> of(
      String name,
      Class<Req> request,
      Class<Resp> response,
      Function<Resp, ConformancePayload> payload) {
    MethodDescriptor descriptor = UnaryRequest.getDescriptor()
        .getFile()
        .findServiceByName("ConformanceService")
        .findMethodByName(name);
    return new PayloadMethod<>(
        Method.of(descriptor, Marshaller.of(request), Marshaller.of(response)), request, payload);
  }
}
