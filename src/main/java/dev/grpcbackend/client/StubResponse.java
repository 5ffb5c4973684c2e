package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MetadataHeaders;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.CodecException;
import io.vertx.grpc.common.GrpcError;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.InvalidMessageException;
import io.vertx.grpc.common.WireFormat;
import org.jspecify.annotations.Nullable;

/**
 * A call as Vert.x's {@code GrpcClientResponse}. A call that does not end with OK goes to the
 * exception handler, never to the end handler, and fails {@link #last} and {@link #end}; always as a
 * {@code StatusException}.
 */
final class StubResponse<Req, Resp> implements GrpcClientResponse<Req, Resp> {

  private final HttpCall<Object, Object> call;
  private final StubMethod<Req, Resp> stub;
  private final MultiMap headers;
  private final MultiMap trailers = MultiMap.caseInsensitiveMultiMap();
  private final Promise<Void> end = Promise.promise();
  private @Nullable Handler<Resp> handler;
  private @Nullable Handler<GrpcMessage> messageHandler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<GrpcError> errorHandler;
  private @Nullable Handler<Throwable> exceptionHandler;
  private @Nullable Status status;
  private @Nullable Throwable unreported;
  private boolean endUnreported;
  private @Nullable Resp last;
  private int count;

  StubResponse(HttpCall<Object, Object> call, StubMethod<Req, Resp> stub, Metadata headers) {
    this.call = call;
    this.stub = stub;
    this.headers = MultiMap.caseInsensitiveMultiMap();
    copy(headers, this.headers);
    call.trailers().onSuccess(received -> copy(received, trailers));
    call.responses().endHandler(this::onEnd).exceptionHandler(this::onFailure);
  }

  private void onMessage(Object message) {
    count++;
    try {
      if (messageHandler != null) {
        messageHandler.handle(GrpcMessage.message("identity", StubMethod.bytes(message)));
      }
      if (handler != null) {
        handler.handle(remember(stub.decoded(message)));
      } else if (messageHandler == null) {
        remember(stub.decoded(message));
      }
    } catch (CodecException undecodable) {
      call.close(
          Status.INTERNAL.withDescription(
              "response cannot be decoded: " + undecodable.getMessage()),
          Metadata.EMPTY);
    }
  }

  private Resp remember(Resp message) {
    last = message;
    return message;
  }

  private void onEnd(Void ended) {
    status = Status.OK;
    if (endHandler != null) {
      endHandler.handle(null);
    } else {
      endUnreported = true;
    }
    end.tryComplete();
  }

  private void onFailure(Throwable failure) {
    if (failure instanceof StatusException known) {
      status = known.status();
      copy(known.trailers(), trailers);
      if (errorHandler != null) {
        errorHandler.handle(error(known.code()));
      }
    }
    if (exceptionHandler != null) {
      exceptionHandler.handle(failure);
    } else {
      unreported = failure;
    }
    end.tryFail(failure);
  }

  /**
   * Returns the last message once the call has ended with OK. Fails with UNIMPLEMENTED if there was
   * none, or if there were several although the method's schema says one.
   */
  @Override
  public Future<Resp> last() {
    listen();
    return end.future().compose(ended -> {
      Resp message = last;
      if (message == null) {
        return Future.failedFuture(Status.UNIMPLEMENTED
            .withDescription("method requires exactly one response message, got " + count)
            .asException());
      }
      return Future.succeededFuture(message);
    });
  }

  @Override
  public Future<Void> end() {
    return end.future();
  }

  /** Returns the code of the call's end, null before it. */
  @Override
  public @Nullable GrpcStatus status() {
    Status known = status;
    return known == null ? null : known.code();
  }

  /** Returns what the server said with the status, null before the end or if it said nothing. */
  @Override
  public @Nullable String statusMessage() {
    Status known = status;
    return known == null || known.description().isEmpty() ? null : known.description();
  }

  @Override
  public MultiMap headers() {
    return headers;
  }

  @Override
  public MultiMap trailers() {
    return trailers;
  }

  /** Messages are handed out as they were before compression. */
  @Override
  public String encoding() {
    return "identity";
  }

  @Override
  public WireFormat format() {
    return WireFormat.PROTOBUF;
  }

  @Override
  public GrpcClientResponse<Req, Resp> messageHandler(@Nullable Handler<GrpcMessage> handler) {
    CallContext.run(call.context(), () -> messageHandler = handler);
    return handler == null ? this : listen();
  }

  @Override
  public GrpcClientResponse<Req, Resp> handler(@Nullable Handler<Resp> handler) {
    CallContext.run(call.context(), () -> this.handler = handler);
    return handler == null ? this : listen();
  }

  /** Has no effect: a malformed message ends the call, which the exception handler is told. */
  @Override
  public GrpcClientResponse<Req, Resp> invalidMessageHandler(
      @Nullable Handler<InvalidMessageException> handler) {
    return this;
  }

  @Override
  public GrpcClientResponse<Req, Resp> errorHandler(@Nullable Handler<GrpcError> handler) {
    CallContext.run(call.context(), () -> errorHandler = handler);
    return this;
  }

  @Override
  public GrpcClientResponse<Req, Resp> exceptionHandler(@Nullable Handler<Throwable> handler) {
    CallContext.run(call.context(), () -> {
      exceptionHandler = handler;
      Throwable missed = unreported;
      if (handler != null && missed != null) {
        unreported = null;
        handler.handle(missed);
      }
    });
    return this;
  }

  @Override
  public GrpcClientResponse<Req, Resp> endHandler(@Nullable Handler<Void> handler) {
    CallContext.run(call.context(), () -> {
      endHandler = handler;
      if (handler != null && endUnreported) {
        endUnreported = false;
        handler.handle(null);
      }
    });
    return this;
  }

  @Override
  public GrpcClientResponse<Req, Resp> pause() {
    call.responses().pause();
    return this;
  }

  @Override
  public GrpcClientResponse<Req, Resp> resume() {
    call.responses().resume();
    return this;
  }

  @Override
  public GrpcClientResponse<Req, Resp> fetch(long amount) {
    call.responses().fetch(amount);
    return this;
  }

  private StubResponse<Req, Resp> listen() {
    call.responses().handler(this::onMessage);
    return this;
  }

  private static void copy(Metadata from, MultiMap to) {
    from.forEach((name, value) -> to.add(
        name, value instanceof byte[] bytes ? MetadataHeaders.encode(bytes) : (String) value));
  }

  private static GrpcError error(GrpcStatus code) {
    for (GrpcError error : GrpcError.values()) {
      if (error.status == code) {
        return error;
      }
    }
    return GrpcError.INTERNAL;
  }
}
