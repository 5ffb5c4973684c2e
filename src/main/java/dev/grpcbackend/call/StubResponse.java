package dev.grpcbackend.call;

import com.google.protobuf.MessageLite;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.CodecException;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.GrpcServerResponse;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A call as Vert.x's {@code GrpcServerResponse}. Ending it completes {@link #done()}, which is what
 * closes the call; a second end, or a write after it, is a failed future and nothing else.
 */
final class StubResponse<Req, Resp> implements GrpcServerResponse<Req, Resp> {

  private final ServerCall<Req, Resp> call;
  private final GrpcMessageEncoder<Resp> encoder;
  private final Promise<Void> done = Promise.promise();
  private GrpcStatus status = GrpcStatus.OK;
  private String statusMessage = "";
  private @Nullable MultiMap headers;
  private @Nullable MultiMap trailers;
  private boolean headersSent;

  /** What {@code done} knows too, but not without a lock for each message. */
  private boolean ended;

  StubResponse(ServerCall<Req, Resp> call, GrpcMessageEncoder<Resp> encoder) {
    this.call = call;
    this.encoder = encoder;
  }

  Future<Void> done() {
    return done.future();
  }

  /** Tells {@code handler} when the call is cancelled, also after all requests have been read. */
  void failureHandler(Handler<Throwable> handler) {
    call.cancelled().onSuccess(reason -> handler.handle(reason.asException()));
  }

  /** Returns the encoded form of a message that is protobuf or has been encoded already. */
  static Buffer bytes(Object message) {
    return message instanceof MessageLite protobuf
        ? Buffer.buffer(protobuf.toByteArray())
        : (Buffer) message;
  }

  @Override
  public GrpcServerResponse<Req, Resp> status(GrpcStatus status) {
    this.status = status;
    return this;
  }

  @Override
  public GrpcServerResponse<Req, Resp> statusMessage(String msg) {
    this.statusMessage = msg;
    return this;
  }

  @Override
  public GrpcServerResponse<Req, Resp> encoding(String encoding) {
    call.compression(encoding.equals("gzip"));
    return this;
  }

  @Override
  public GrpcServerResponse<Req, Resp> format(WireFormat format) {
    return this;
  }

  @Override
  public Set<String> acceptedEncodings() {
    return Set.of("gzip", "identity");
  }

  @Override
  public MultiMap headers() {
    if (headers == null) {
      headers = MultiMap.caseInsensitiveMultiMap();
    }
    return headers;
  }

  @Override
  public MultiMap trailers() {
    if (trailers == null) {
      trailers = MultiMap.caseInsensitiveMultiMap();
    }
    return trailers;
  }

  @Override
  public GrpcServerResponse<Req, Resp> exceptionHandler(@Nullable Handler<Throwable> handler) {
    if (handler != null) {
      failureHandler(handler);
    }
    return this;
  }

  @Override
  public GrpcServerResponse<Req, Resp> setWriteQueueMaxSize(int maxSize) {
    return this;
  }

  @Override
  public boolean writeQueueFull() {
    return call.writeQueueFull();
  }

  @Override
  public GrpcServerResponse<Req, Resp> drainHandler(@Nullable Handler<Void> handler) {
    call.drainHandler(handler);
    return this;
  }

  @Override
  public Future<Void> writeHead() {
    copyHeaders();
    return call.sendHeaders();
  }

  @Override
  public Future<Void> write(Resp message) {
    if (ended) {
      return Future.failedFuture(new IllegalStateException("the response has ended"));
    }
    copyHeaders();
    try {
      return call.send(encoded(message));
    } catch (CodecException failure) {
      return Future.failedFuture(failure);
    }
  }

  @Override
  public Future<Void> writeMessage(GrpcMessage message) {
    if (!message.encoding().equals("identity")) {
      return Future.failedFuture(new IllegalArgumentException(
          "message encoding: " + message.encoding() + " (expected: identity)"));
    }
    copyHeaders();
    return call.send(asResponse(message.payload()));
  }

  @Override
  public Future<Void> end(Resp message) {
    if (status != GrpcStatus.OK) {
      return end();
    }
    Future<Void> written = write(message);
    if (written.failed()) {
      ended = true;
      done.tryFail(written.cause());
      return written;
    }
    return end();
  }

  @Override
  public Future<Void> endMessage(GrpcMessage message) {
    Future<Void> written = writeMessage(message);
    return written.failed() ? written : end();
  }

  @Override
  public Future<Void> end() {
    ended = true;
    copyHeaders();
    if (trailers != null) {
      StubMetadata.copy(trailers, call.trailers());
      trailers = null;
    }
    boolean first = status == GrpcStatus.OK
        ? done.tryComplete()
        : done.tryFail(new StatusException(new Status(status, statusMessage), Metadata.EMPTY));
    return first
        ? Future.succeededFuture()
        : Future.failedFuture(new IllegalStateException("the response has ended already"));
  }

  @Override
  public void fail(Throwable failure) {
    ended = true;
    if (!done.tryFail(failure)) {
      call.context().runOnContext(turn -> {
        throw new IllegalStateException(
            call.method().fullName() + " failed after its response had ended", failure);
      });
    }
  }

  @Override
  public void cancel() {
    ended = true;
    done.tryFail(Status.CANCELLED.withDescription("cancelled by the handler").asException());
  }

  private void copyHeaders() {
    if (!headersSent) {
      headersSent = true;
      if (headers != null) {
        StubMetadata.copy(headers, call.responseHeaders());
      }
    }
  }

  private Resp encoded(Resp message) {
    return message instanceof MessageLite || message instanceof Buffer
        ? message
        : asResponse(encoder.encode(message, WireFormat.PROTOBUF).payload());
  }

  // The marshaller of stub methods takes bytes in place of any message.
  @SuppressWarnings("unchecked")
  private Resp asResponse(Buffer bytes) {
    return (Resp) bytes;
  }
}
