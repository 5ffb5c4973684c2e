package dev.grpcbackend.call;

import com.google.protobuf.Message;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.Future;
import java.util.List;

/**
 * A method together with the function that answers it, interceptors included.
 *
 * @param handler the handler behind the interceptors it was composed with
 * @param observer what sees the calls
 * @param limits what calls are held to before they begin
 * @param <Req> the request message
 * @param <Resp> the response message
 */
public record BoundMethod<Req, Resp>(
    Method<Req, Resp> method,
    ServerCallHandler<Req, Resp> handler,
    CallObserver observer,
    MethodLimits limits) {

  /** Creates a method whose calls nobody observes, without limits of its own. */
  public BoundMethod(Method<Req, Resp> method, ServerCallHandler<Req, Resp> handler) {
    this(method, handler, CallObserver.NONE, MethodLimits.NONE);
  }

  /**
   * Returns the method {@code "package.Service/Method"}, answered by {@code handler}. No generated
   * stub is needed; the schema is looked up in the files of the two message types.
   *
   * @throws IllegalArgumentException if the name is malformed, or the schema has the method with
   *     another shape or other messages
   */
  public static <Req extends Message, Resp extends Message> BoundMethod<Req, Resp> of(
      String fullName,
      Class<Req> request,
      Class<Resp> response,
      ServerCalls.Shaped<Req, Resp> handler) {
    return new BoundMethod<>(
        MethodSchema.method(
            fullName, handler.type(), Marshaller.of(request), Marshaller.of(response)),
        handler);
  }

  /** Returns this method exempt from the default deadline. */
  public BoundMethod<Req, Resp> asLongLived() {
    return new BoundMethod<>(method.asLongLived(), handler, observer, limits);
  }

  /** Whether the handler has one of the few worker threads for each call. */
  public boolean needsWorker() {
    return handler instanceof ServerCalls.Shaped<Req, Resp> shaped && shaped.needsWorker();
  }

  /**
   * Returns this method behind what {@code interceptors} have for it, the first of them outermost.
   */
  public BoundMethod<Req, Resp> intercepted(List<ServerInterceptor> interceptors) {
    return behind(
        interceptors.stream().map(interceptor -> interceptor.forMethod(this)).toList());
  }

  /** Returns this method behind {@code interceptors} themselves, for one that nobody registered. */
  public BoundMethod<Req, Resp> behind(List<ServerInterceptor> interceptors) {
    ServerCallHandler<Req, Resp> composed = handler;
    MethodLimits combined = limits;
    for (int i = interceptors.size() - 1; i >= 0; i--) {
      if (interceptors.get(i) != ServerInterceptor.NONE) {
        composed = new Link<>(interceptors.get(i), composed);
        combined = combined.and(interceptors.get(i).limitsOf(method));
      }
    }
    return new BoundMethod<>(method, composed, observer, combined);
  }

  /** Returns this method with {@code observer} to see its calls. */
  public BoundMethod<Req, Resp> observedBy(CallObserver observer) {
    return new BoundMethod<>(method, handler, observer, limits);
  }

  private record Link<Req, Resp>(ServerInterceptor interceptor, ServerCallHandler<Req, Resp> next)
      implements ServerCallHandler<Req, Resp> {
    @Override
    public Future<Void> handle(ServerCall<Req, Resp> call) {
      return interceptor.intercept(call, next);
    }
  }
}
