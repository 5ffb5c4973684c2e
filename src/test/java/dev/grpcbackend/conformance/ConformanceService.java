package dev.grpcbackend.conformance;

import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.conformance.proto.BidiStreamRequest;
import dev.grpcbackend.conformance.proto.BidiStreamResponse;
import dev.grpcbackend.conformance.proto.ClientStreamRequest;
import dev.grpcbackend.conformance.proto.ClientStreamResponse;
import dev.grpcbackend.conformance.proto.IdempotentUnaryRequest;
import dev.grpcbackend.conformance.proto.IdempotentUnaryResponse;
import dev.grpcbackend.conformance.proto.ServerStreamRequest;
import dev.grpcbackend.conformance.proto.ServerStreamResponse;
import dev.grpcbackend.conformance.proto.StreamResponseDefinition;
import dev.grpcbackend.conformance.proto.UnaryRequest;
import dev.grpcbackend.conformance.proto.UnaryResponse;
import dev.grpcbackend.conformance.proto.UnaryResponseDefinition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import java.util.List;

/** The service of the suite, as its {@code service.proto} describes it; {@code Unimplemented} is left out. */
final class ConformanceService implements BindableService {

  static final String NAME = "connectrpc.conformance.v1.ConformanceService";

  /** Methods without a default deadline: only a timeout that the caller sent is to be echoed. */
  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        BoundMethod.of(
                NAME + "/Unary",
                UnaryRequest.class,
                UnaryResponse.class,
                ServerCalls.unary(ConformanceService::unary))
            .asLongLived(),
        BoundMethod.of(
                NAME + "/IdempotentUnary",
                IdempotentUnaryRequest.class,
                IdempotentUnaryResponse.class,
                ServerCalls.unary(ConformanceService::idempotentUnary))
            .asLongLived(),
        BoundMethod.of(
                NAME + "/ServerStream",
                ServerStreamRequest.class,
                ServerStreamResponse.class,
                ServerCalls.serverStreaming(ConformanceService::serverStream))
            .asLongLived(),
        BoundMethod.of(
                NAME + "/ClientStream",
                ClientStreamRequest.class,
                ClientStreamResponse.class,
                ServerCalls.clientStreaming(ConformanceService::clientStream))
            .asLongLived(),
        BoundMethod.of(
                NAME + "/BidiStream",
                BidiStreamRequest.class,
                BidiStreamResponse.class,
                ServerCalls.bidi((requests, call) -> new BidiAnswer(requests, call).start()))
            .asLongLived());
  }

  private static Future<UnaryResponse> unary(
      UnaryRequest request, ServerCall<UnaryRequest, UnaryResponse> call) {
    return new Answer<UnaryResponse>(
            call, payload -> UnaryResponse.newBuilder().setPayload(payload).build())
        .received(request)
        .unary(request.getResponseDefinition());
  }

  private static Future<IdempotentUnaryResponse> idempotentUnary(
      IdempotentUnaryRequest request,
      ServerCall<IdempotentUnaryRequest, IdempotentUnaryResponse> call) {
    return new Answer<IdempotentUnaryResponse>(
            call,
            payload -> IdempotentUnaryResponse.newBuilder().setPayload(payload).build())
        .received(request)
        .unary(request.getResponseDefinition());
  }

  private static Future<Void> serverStream(
      ServerStreamRequest request, ServerCall<ServerStreamRequest, ServerStreamResponse> call) {
    StreamResponseDefinition wanted = request.getResponseDefinition();
    Answer<ServerStreamResponse> answer = new Answer<ServerStreamResponse>(
            call,
            payload -> ServerStreamResponse.newBuilder().setPayload(payload).build())
        .received(request);
    answer.begin(wanted);
    answer.sendHeaders(wanted);
    return answer.rest(wanted);
  }

  private static Future<ClientStreamResponse> clientStream(
      ReadStream<ClientStreamRequest> requests,
      ServerCall<ClientStreamRequest, ClientStreamResponse> call) {
    Answer<ClientStreamResponse> answer = new Answer<>(
        call, payload -> ClientStreamResponse.newBuilder().setPayload(payload).build());
    Promise<UnaryResponseDefinition> first = Promise.promise();
    Promise<Void> last = Promise.promise();
    requests.exceptionHandler(last::tryFail);
    requests.endHandler(end -> last.tryComplete());
    requests.handler(request -> {
      first.tryComplete(request.getResponseDefinition());
      answer.received(request);
    });
    return last.future().compose(end -> {
      first.tryComplete(UnaryResponseDefinition.getDefaultInstance());
      return first.future().compose(answer::unary);
    });
  }
}
