package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Method;
import io.vertx.core.Future;

/**
 * Stands between the wire and the handler of a method. It may look, wait, refuse with a failed
 * future, or hand on a {@link ForwardingServerCall}; then it returns what {@code next} returns.
 *
 * <p>Asynchronous by nature: the requests wait unread until a handler asks for them. Composed once
 * when a method is bound; one instance serves all calls, so it has no state of a call.
 */
@FunctionalInterface
public interface ServerInterceptor {

  /** Hands every call on; a method that has it needs no step for it. */
  ServerInterceptor NONE = new ServerInterceptor() {
    @Override
    public <Req, Resp> Future<Void> intercept(
        ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
      return next.handle(call);
    }
  };

  <Req, Resp> Future<Void> intercept(ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next);

  /**
   * Returns what stands before the calls of one method in place of this, {@link #NONE} for nothing.
   * Called once, when the method is bound.
   */
  default ServerInterceptor forMethod(BoundMethod<?, ?> method) {
    return this;
  }

  /** Returns what the calls of a method are held to before they come here. Called once, as well. */
  default MethodLimits limitsOf(Method<?, ?> method) {
    return MethodLimits.NONE;
  }
}
