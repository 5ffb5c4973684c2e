package dev.grpcbackend.call;

import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Timer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.streams.ReadStream;
import io.vertx.grpc.common.GrpcError;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.InvalidMessageException;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call as Vert.x's {@code GrpcServerRequest}. Malformed messages never reach it: the call has then
 * ended, as for any cancellation, and the error and exception handlers are told.
 */
final class StubRequest<Req, Resp> implements GrpcServerRequest<Req, Resp> {

  private final ServerCall<Req, Resp> call;
  private final ReadStream<Req> requests;
  private final StubResponse<Req, Resp> response;
  private final Promise<Void> end = Promise.promise();
  private @Nullable Handler<Req> handler;
  private @Nullable Handler<GrpcMessage> messageHandler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<GrpcError> errorHandler;
  private @Nullable Handler<Throwable> exceptionHandler;
  private @Nullable Req last;

  StubRequest(ServerCall<Req, Resp> call, StubResponse<Req, Resp> response) {
    this.call = call;
    this.requests = call.requests();
    this.response = response;
    requests.endHandler(this::onEnd);
    requests.exceptionHandler(this::onFailure);
    response.failureHandler(this::onFailure);
  }

  private void onMessage(Req message) {
    last = message;
    if (messageHandler != null) {
      messageHandler.handle(GrpcMessage.message("identity", StubResponse.bytes(message)));
    }
    if (handler != null) {
      handler.handle(message);
    }
  }

  private void onEnd(Void ended) {
    if (endHandler != null) {
      endHandler.handle(null);
    }
    end.tryComplete();
  }

  private void onFailure(Throwable failure) {
    if (!end.tryFail(failure)) {
      return;
    }
    if (errorHandler != null) {
      errorHandler.handle(
          failure instanceof StatusException status && status.code() == GrpcError.CANCELLED.status
              ? GrpcError.CANCELLED
              : GrpcError.INTERNAL);
    }
    if (exceptionHandler != null) {
      exceptionHandler.handle(failure);
    }
  }

  @Override
  public ServiceName serviceName() {
    return ServiceName.create(call.method().service());
  }

  @Override
  public String methodName() {
    return call.method().name();
  }

  @Override
  public String fullMethodName() {
    return call.method().fullName();
  }

  @Override
  public GrpcServerResponse<Req, Resp> response() {
    return response;
  }

  @Override
  public MultiMap headers() {
    return StubMetadata.from(call.headers());
  }

  @Override
  public String encoding() {
    return "identity";
  }

  @Override
  public WireFormat format() {
    return WireFormat.PROTOBUF;
  }

  @Override
  public GrpcServerRequest<Req, Resp> messageHandler(@Nullable Handler<GrpcMessage> handler) {
    this.messageHandler = handler;
    return listen(handler != null);
  }

  @Override
  public GrpcServerRequest<Req, Resp> invalidMessageHandler(
      @Nullable Handler<InvalidMessageException> handler) {
    return this;
  }

  @Override
  public GrpcServerRequest<Req, Resp> errorHandler(@Nullable Handler<GrpcError> handler) {
    this.errorHandler = handler;
    return this;
  }

  @Override
  public GrpcServerRequest<Req, Resp> exceptionHandler(@Nullable Handler<Throwable> handler) {
    this.exceptionHandler = handler;
    return this;
  }

  @Override
  public GrpcServerRequest<Req, Resp> handler(@Nullable Handler<Req> handler) {
    this.handler = handler;
    return listen(handler != null);
  }

  @Override
  public GrpcServerRequest<Req, Resp> pause() {
    requests.pause();
    return this;
  }

  @Override
  public GrpcServerRequest<Req, Resp> resume() {
    requests.resume();
    return this;
  }

  @Override
  public GrpcServerRequest<Req, Resp> fetch(long amount) {
    requests.fetch(amount);
    return this;
  }

  @Override
  public GrpcServerRequest<Req, Resp> endHandler(@Nullable Handler<Void> endHandler) {
    this.endHandler = endHandler;
    return this;
  }

  @Override
  public Future<Req> last() {
    listen(true);
    return end.future().map(ended -> last);
  }

  @Override
  public Future<Void> end() {
    return end.future();
  }

  @Override
  public HttpConnection connection() {
    if (call.peer() instanceof VertxPeer peer) {
      return peer.httpConnection();
    }
    throw new UnsupportedOperationException("this transport has no HttpConnection");
  }

  @Override
  public long timeout() {
    return call.deadline().isFinite()
        ? Math.max(0, TimeUnit.NANOSECONDS.toMillis(call.deadline().remainingNanos()))
        : 0;
  }

  /** Returns null, as Vert.x does without a timer of its own: the call watches its deadline. */
  @Override
  public @Nullable Timer deadline() {
    return null;
  }

  private StubRequest<Req, Resp> listen(boolean wanted) {
    if (wanted) {
      requests.handler(this::onMessage);
    }
    return this;
  }
}
