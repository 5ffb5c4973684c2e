package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.call.ServerCalls.serverStreaming;
import static dev.grpcbackend.call.ServerCalls.unary;

import com.google.api.HttpBody;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.testing.echo.Everything;
import dev.grpcbackend.testing.echo.File;
import dev.grpcbackend.testing.echo.Inner;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code echo.v1.Echo}: gives back what it was sent, the caller's {@code x-} metadata in headers and
 * trailers, and fails where the text begins with {@code fail-} and the number of a status.
 */
final class EchoService {

  /** How many messages a stream has before it fails. */
  static final int MESSAGES = 3;

  private static final String SERVICE = "echo.v1.Echo/";

  private final AtomicInteger starts = new AtomicInteger();

  int starts() {
    return starts.get();
  }

  void register(GrpcServerVerticle.Builder server) {
    server
        .method(echo("Get"))
        .method(echo("Create"))
        .method(echo("Update"))
        .method(echo("GetText"))
        .method(echo("Hidden"))
        .method(method("GetLiteral", Everything.class, Inner.class, unary((request, call) -> {
          starts.incrementAndGet();
          return Future.succeededFuture(
              Inner.newBuilder().setLabel("literal" + request.getText()).build());
        })))
        .method(method("Watch", Everything.class, Everything.class, serverStreaming(this::watch)))
        .method(method("Download", File.class, HttpBody.class, unary((request, call) -> {
          starts.incrementAndGet();
          return Future.succeededFuture(content(request));
        })))
        .method(method(
            "DownloadField",
            File.class,
            File.class,
            unary((request, call) -> Future.succeededFuture(
                request.toBuilder().setContent(content(request)).build()))))
        .method(
            method("DownloadInParts", File.class, HttpBody.class, serverStreaming(this::inParts)))
        .method(method(
            "Upload",
            HttpBody.class,
            File.class,
            unary((request, call) ->
                Future.succeededFuture(File.newBuilder().setContent(request).build()))))
        .method(method(
            "UploadField",
            File.class,
            File.class,
            unary((request, call) -> Future.succeededFuture(request))));
  }

  private BoundMethod<Everything, Everything> echo(String name) {
    return method(name, Everything.class, Everything.class, unary((request, call) -> {
      starts.incrementAndGet();
      giveBack(call.headers(), call.responseHeaders());
      giveBack(call.headers(), call.trailers());
      return request.getText().startsWith("fail-")
          ? Future.failedFuture(failure(request.getText()))
          : Future.succeededFuture(request);
    }));
  }

  private static <Req extends Message, Resp extends Message> BoundMethod<Req, Resp> method(
      String name, Class<Req> request, Class<Resp> response, ServerCalls.Shaped<Req, Resp> shaped) {
    return BoundMethod.of(SERVICE + name, request, response, shaped);
  }

  private Future<Void> watch(Everything request, ServerCall<Everything, Everything> call) {
    starts.incrementAndGet();
    if (request.getFlag()) {
      return Future.failedFuture(failure(request.getText()));
    }
    for (int i = 0; i < MESSAGES; i++) {
      call.send(request.toBuilder().setInt32Value(i).build());
    }
    return request.getText().startsWith("fail-")
        ? Future.failedFuture(failure(request.getText()))
        : Future.succeededFuture();
  }

  private Future<Void> inParts(File request, ServerCall<File, HttpBody> call) {
    for (int i = 0; i < MESSAGES; i++) {
      call.send(content(request).toBuilder()
          .setData(ByteString.copyFromUtf8("part" + i))
          .build());
    }
    return request.getName().startsWith("fail-")
        ? Future.failedFuture(failure(request.getName()))
        : Future.succeededFuture();
  }

  private static HttpBody content(File file) {
    return HttpBody.newBuilder()
        .setContentType(file.getTagsCount() == 0 ? "text/plain" : file.getTags(0))
        .setData(ByteString.copyFromUtf8("content of " + file.getName()))
        .build();
  }

  private static Throwable failure(String text) {
    int code = Integer.parseInt(text.substring("fail-".length()));
    if (code == GrpcStatus.NOT_FOUND.code) {
      return RichStatus.asException(com.google.rpc.Status.newBuilder()
          .setCode(code)
          .setMessage("no \"such\" thing")
          .addDetails(Any.pack(ErrorInfo.newBuilder().setReason("GONE").build()))
          .addDetails(Any.newBuilder()
              .setTypeUrl("type.googleapis.com/un.Known")
              .setValue(ByteString.copyFromUtf8("?")))
          .build());
    }
    return new Status(GrpcStatus.valueOf(code), "failed").asException();
  }

  private static void giveBack(Metadata from, Metadata into) {
    from.forEach((name, value) -> {
      if (name.startsWith("x-")) {
        if (value instanceof byte[] bytes) {
          into.add(Metadata.Key.binary(name), bytes);
        } else {
          into.add(Metadata.Key.ascii(name), (String) value);
        }
      }
    });
  }
}
