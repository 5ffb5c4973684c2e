package dev.grpcbackend.call;

import dev.grpcbackend.rpc.MethodType;
import io.vertx.core.Future;
import io.vertx.core.streams.ReadStream;

/**
 * Handlers for the four shapes, made from plain functions.
 *
 * <p>Each takes what the shape reads and the call, and returns what the shape writes. The function
 * runs on the call's context; what it throws or fails with becomes the status.
 */
public final class ServerCalls {

  private ServerCalls() {}

  /** A {@link ServerCallHandler} that knows its shape. */
  public sealed interface Shaped<Req, Resp> extends ServerCallHandler<Req, Resp> {
    MethodType type();

    /** Whether it runs on threads that may block. */
    default boolean isBlocking() {
      return false;
    }
  }

  /** Reads one message. */
  @FunctionalInterface
  public interface SingleRequest<Req, Resp, R> {
    Future<R> apply(Req request, ServerCall<Req, Resp> call);
  }

  /** Reads a stream. */
  @FunctionalInterface
  public interface RequestStream<Req, Resp, R> {
    Future<R> apply(ReadStream<Req> requests, ServerCall<Req, Resp> call);
  }

  /** One request, one response. */
  public static <Req, Resp> Shaped<Req, Resp> unary(SingleRequest<Req, Resp, Resp> function) {
    return new Unary<>(function);
  }

  /**
   * One request, many responses: the function sends them with {@link ServerCall#send} or {@link
   * ServerCall#sendAll} and completes its future after the last.
   */
  public static <Req, Resp> Shaped<Req, Resp> serverStreaming(
      SingleRequest<Req, Resp, Void> function) {
    return new ServerStreaming<>(function);
  }

  /** Many requests, one response. */
  public static <Req, Resp> Shaped<Req, Resp> clientStreaming(
      RequestStream<Req, Resp, Resp> function) {
    return new ClientStreaming<>(function);
  }

  /** Many requests, many responses, in any order. */
  public static <Req, Resp> Shaped<Req, Resp> bidi(RequestStream<Req, Resp, Void> function) {
    return new Bidi<>(function);
  }

  private static <Resp> Future<Void> respond(ServerCall<?, Resp> call, Future<Resp> response) {
    return response.succeeded()
        ? respond(call, response.result())
        : response.compose(message -> respond(call, message));
  }

  private static <Resp> Future<Void> respond(ServerCall<?, Resp> call, Resp response) {
    // The status may follow at once: it leaves with the message, in one write.
    Future<Void> sent = call.send(response);
    return sent.failed() ? sent : Future.succeededFuture();
  }

  private record Unary<Req, Resp>(SingleRequest<Req, Resp, Resp> function)
      implements Shaped<Req, Resp> {
    @Override
    public MethodType type() {
      return MethodType.UNARY;
    }

    @Override
    public Future<Void> handle(ServerCall<Req, Resp> call) {
      return call.request().compose(request -> respond(call, function.apply(request, call)));
    }
  }

  private record ServerStreaming<Req, Resp>(SingleRequest<Req, Resp, Void> function)
      implements Shaped<Req, Resp> {
    @Override
    public MethodType type() {
      return MethodType.SERVER_STREAMING;
    }

    @Override
    public Future<Void> handle(ServerCall<Req, Resp> call) {
      return call.request().compose(request -> function.apply(request, call));
    }
  }

  private record ClientStreaming<Req, Resp>(RequestStream<Req, Resp, Resp> function)
      implements Shaped<Req, Resp> {
    @Override
    public MethodType type() {
      return MethodType.CLIENT_STREAMING;
    }

    @Override
    public Future<Void> handle(ServerCall<Req, Resp> call) {
      return respond(call, function.apply(call.requests(), call));
    }
  }

  private record Bidi<Req, Resp>(RequestStream<Req, Resp, Void> function)
      implements Shaped<Req, Resp> {
    @Override
    public MethodType type() {
      return MethodType.BIDI_STREAMING;
    }

    @Override
    public Future<Void> handle(ServerCall<Req, Resp> call) {
      return function.apply(call.requests(), call);
    }
  }
}
