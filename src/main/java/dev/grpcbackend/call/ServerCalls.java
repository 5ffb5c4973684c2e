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

    /** Whether it has one of the few worker threads for each call. */
    default boolean needsWorker() {
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
    return new Unary<>(function, false);
  }

  /**
   * One request, many responses: the function sends them with {@link ServerCall#send} or {@link
   * ServerCall#sendAll} and completes its future after the last.
   */
  public static <Req, Resp> Shaped<Req, Resp> serverStreaming(
      SingleRequest<Req, Resp, Void> function) {
    return new ServerStreaming<>(function, false);
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

  /** Reads one message and answers with one, on a thread that may block. */
  @FunctionalInterface
  public interface BlockingSingle<Req, Resp> {
    Resp apply(Req request, BlockingCall<Resp> call) throws Exception;
  }

  /** Reads one message and answers with {@link BlockingCall#send}, on a thread that may block. */
  @FunctionalInterface
  public interface BlockingStream<Req, Resp> {
    void apply(Req request, BlockingCall<Resp> call) throws Exception;
  }

  /**
   * One request, one response, by code that blocks: it runs on a worker thread of Vert.x, or on a
   * virtual thread where the JVM has those that blocking does not pin (JDK 24, JEP 491). The thread is
   * interrupted when the call ends before.
   */
  public static <Req, Resp> Shaped<Req, Resp> blocking(BlockingSingle<Req, Resp> function) {
    return new Unary<>(
        (request, call) -> BlockingCall.run(call, blocking -> function.apply(request, blocking)),
        BlockingCall.NEEDS_WORKER);
  }

  /** One request, many responses, by code that blocks, as {@link #blocking}. */
  public static <Req, Resp> Shaped<Req, Resp> blockingServerStreaming(
      BlockingStream<Req, Resp> function) {
    return new ServerStreaming<>(
        (request, call) -> BlockingCall.run(call, blocking -> {
          function.apply(request, blocking);
          return null;
        }),
        BlockingCall.NEEDS_WORKER);
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

  private record Unary<Req, Resp>(SingleRequest<Req, Resp, Resp> function, boolean needsWorker)
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

  private record ServerStreaming<Req, Resp>(
      SingleRequest<Req, Resp, Void> function, boolean needsWorker) implements Shaped<Req, Resp> {
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
