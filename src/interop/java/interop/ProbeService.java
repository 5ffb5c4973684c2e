package interop;

import static dev.grpcbackend.call.ServerCalls.serverStreaming;
import static dev.grpcbackend.call.ServerCalls.unary;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code interop.Probe}, see {@code probe.proto}. For a server with one event loop, and for friends
 * only: it remembers every name that was waited for until it is asked for its end.
 */
public final class ProbeService implements BindableService {

  private static final Metadata.Key<String> TEXT = Metadata.Key.ascii("x-text");
  private static final Metadata.Key<byte[]> BYTES = Metadata.Key.binary("x-bytes-bin");

  private final Map<String, Promise<String>> ends = new HashMap<>();

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        method("Echo", unary((request, call) -> echo(call))),
        method("Fail", unary((request, call) -> fail(request))),
        method("Wait", serverStreaming(this::waitForEnd)),
        method("Ended", unary((request, call) -> ended(request))));
  }

  private static BoundMethod<HelloRequest, HelloReply> method(
      String name, ServerCalls.Shaped<HelloRequest, HelloReply> handler) {
    return BoundMethod.of("interop.Probe/" + name, HelloRequest.class, HelloReply.class, handler);
  }

  private static Future<HelloReply> echo(ServerCall<?, ?> call) {
    for (Metadata sent : List.of(call.responseHeaders(), call.trailers())) {
      call.headers().getAll(TEXT).forEach(text -> sent.add(TEXT, text));
      call.headers().getAll(BYTES).forEach(bytes -> sent.add(BYTES, bytes));
    }
    long millis = call.deadline().remainingNanos() / 1_000_000;
    call.trailers().add("x-deadline-ms", Long.toString(millis));
    return Future.succeededFuture(reply(call.requestCompressed() ? "compressed" : "plain"));
  }

  private static Future<HelloReply> fail(HelloRequest request) {
    BadRequest.FieldViolation violation = BadRequest.FieldViolation.newBuilder()
        .setField("name")
        .setDescription("refused: " + request.getName())
        .build();
    return Future.failedFuture(RichStatus.asException(com.google.rpc.Status.newBuilder()
        .setCode(GrpcStatus.INVALID_ARGUMENT.code)
        .setMessage("name: 100 % ungültig, 不行")
        .addDetails(Any.pack(BadRequest.newBuilder().addFieldViolations(violation).build()))
        .build()));
  }

  private Future<Void> waitForEnd(HelloRequest request, ServerCall<?, HelloReply> call) {
    call.send(reply("waiting"));
    return call.cancelled().compose(reason -> {
      end(request).tryComplete(reason.code().name());
      return Future.failedFuture(reason.asException());
    });
  }

  private Future<HelloReply> ended(HelloRequest request) {
    return end(request).future().map(code -> {
      ends.remove(request.getName());
      return reply(code);
    });
  }

  private Promise<String> end(HelloRequest request) {
    return ends.computeIfAbsent(request.getName(), name -> Promise.promise());
  }

  private static HelloReply reply(String message) {
    return HelloReply.newBuilder().setMessage(message).build();
  }
}
