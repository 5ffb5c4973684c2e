package dev.grpcbackend.interop;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.proto.BoolValue;
import dev.grpcbackend.testing.proto.EchoStatus;
import dev.grpcbackend.testing.proto.Empty;
import dev.grpcbackend.testing.proto.Payload;
import dev.grpcbackend.testing.proto.ResponseParameters;
import dev.grpcbackend.testing.proto.SimpleRequest;
import dev.grpcbackend.testing.proto.SimpleResponse;
import dev.grpcbackend.testing.proto.StreamingInputCallRequest;
import dev.grpcbackend.testing.proto.StreamingInputCallResponse;
import dev.grpcbackend.testing.proto.StreamingOutputCallRequest;
import dev.grpcbackend.testing.proto.StreamingOutputCallResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;

/** The service of gRPC's interop cases. {@code UnimplementedCall} is left out, as they ask for. */
public final class TestService implements BindableService {

  static final Metadata.Key<String> ECHO_INITIAL = Metadata.Key.ascii("x-grpc-test-echo-initial");
  static final Metadata.Key<byte[]> ECHO_TRAILING =
      Metadata.Key.binary("x-grpc-test-echo-trailing-bin");

  private static final String SERVICE = "grpc.testing.TestService/";

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        echoing(BoundMethod.of(
            SERVICE + "EmptyCall",
            Empty.class,
            Empty.class,
            ServerCalls.unary((request, call) -> Future.succeededFuture(request)))),
        echoing(BoundMethod.of(
            SERVICE + "UnaryCall",
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.unary(TestService::unary))),
        echoing(BoundMethod.of(
            SERVICE + "CacheableUnaryCall",
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.unary(TestService::cacheable))),
        echoing(BoundMethod.of(
            SERVICE + "StreamingOutputCall",
            StreamingOutputCallRequest.class,
            StreamingOutputCallResponse.class,
            ServerCalls.serverStreaming(TestService::streamingOutput))),
        echoing(BoundMethod.of(
            SERVICE + "StreamingInputCall",
            StreamingInputCallRequest.class,
            StreamingInputCallResponse.class,
            ServerCalls.clientStreaming(TestService::streamingInput))),
        echoing(BoundMethod.of(
            SERVICE + "FullDuplexCall",
            StreamingOutputCallRequest.class,
            StreamingOutputCallResponse.class,
            ServerCalls.bidi(TestService::fullDuplex))),
        echoing(BoundMethod.of(
            SERVICE + "HalfDuplexCall",
            StreamingOutputCallRequest.class,
            StreamingOutputCallResponse.class,
            ServerCalls.bidi(TestService::halfDuplex))));
  }

  private static <Req, Resp> BoundMethod<Req, Resp> echoing(BoundMethod<Req, Resp> method) {
    return method.intercepted(List.of(new MetadataEcho()));
  }

  private static Future<SimpleResponse> unary(
      SimpleRequest request, ServerCall<SimpleRequest, SimpleResponse> call) {
    if (request.hasExpectCompressed()) {
      checkCompressed(request.getExpectCompressed(), call);
    }
    checkStatus(request.getResponseStatus());
    call.compression(request.getResponseCompressed().getValue());
    return Future.succeededFuture(SimpleResponse.newBuilder()
        .setPayload(payload(request.getResponseSize()))
        .build());
  }

  /** Answers equal requests equally, as a cache would, and others differently. */
  private static Future<SimpleResponse> cacheable(
      SimpleRequest request, ServerCall<SimpleRequest, SimpleResponse> call) {
    call.responseHeaders().add("cache-control", "max-age=60, public");
    return Future.succeededFuture(
        SimpleResponse.newBuilder().setPayload(request.getPayload()).build());
  }

  private static Future<Void> streamingOutput(
      StreamingOutputCallRequest request,
      ServerCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call) {
    return new Chunks(call).send(request.getResponseParametersList()).compose(sent -> {
      checkStatus(request.getResponseStatus());
      return Future.succeededFuture();
    });
  }

  private static Future<StreamingInputCallResponse> streamingInput(
      ReadStream<StreamingInputCallRequest> requests,
      ServerCall<StreamingInputCallRequest, StreamingInputCallResponse> call) {
    Promise<StreamingInputCallResponse> response = Promise.promise();
    StreamingInputCallResponse.Builder sum = StreamingInputCallResponse.newBuilder();
    requests.exceptionHandler(response::tryFail);
    requests.endHandler(end -> response.tryComplete(sum.build()));
    requests.handler(request -> {
      if (request.hasExpectCompressed()) {
        checkCompressed(request.getExpectCompressed(), call);
      }
      sum.setAggregatedPayloadSize(
          sum.getAggregatedPayloadSize() + request.getPayload().getBody().size());
    });
    return response.future();
  }

  private static Future<Void> fullDuplex(
      ReadStream<StreamingOutputCallRequest> requests,
      ServerCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call) {
    Promise<Void> done = Promise.promise();
    Chunks chunks = new Chunks(call);
    requests.exceptionHandler(done::tryFail);
    requests.endHandler(end -> done.tryComplete());
    requests.handler(request -> {
      checkStatus(request.getResponseStatus());
      // One request is answered in full before the next is read.
      requests.pause();
      chunks
          .send(request.getResponseParametersList())
          .onFailure(done::tryFail)
          .onSuccess(sent -> requests.resume());
    });
    return done.future();
  }

  private static Future<Void> halfDuplex(
      ReadStream<StreamingOutputCallRequest> requests,
      ServerCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call) {
    Promise<Void> received = Promise.promise();
    List<ResponseParameters> wanted = new ArrayList<>();
    requests.exceptionHandler(received::tryFail);
    requests.endHandler(end -> received.tryComplete());
    requests.handler(request -> wanted.addAll(request.getResponseParametersList()));
    return received.future().compose(end -> new Chunks(call).send(wanted));
  }

  static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }

  private static void checkCompressed(BoolValue expected, ServerCall<?, ?> call) {
    if (expected.getValue() != call.requestCompressed()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("compressed request: " + call.requestCompressed() + " (expected: "
              + expected.getValue() + ")")
          .asException();
    }
  }

  private static void checkStatus(EchoStatus asked) {
    if (asked.getCode() != 0) {
      throw new StatusException(
          new Status(GrpcStatus.valueOf(asked.getCode()), asked.getMessage()), Metadata.EMPTY);
    }
  }

  /** Sends back the two entries by which the cases check metadata. */
  private static final class MetadataEcho implements ServerInterceptor {
    @Override
    public <Req, Resp> Future<Void> intercept(
        ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
      call.headers()
          .getAll(ECHO_INITIAL)
          .forEach(value -> call.responseHeaders().add(ECHO_INITIAL, value));
      call.headers()
          .getAll(ECHO_TRAILING)
          .forEach(value -> call.trailers().add(ECHO_TRAILING, value));
      return next.handle(call);
    }
  }
}
