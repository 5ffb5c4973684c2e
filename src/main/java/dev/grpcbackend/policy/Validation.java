package dev.grpcbackend.policy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * Checks requests against the rules that their .proto files have (protovalidate, {@code
 * buf/validate/validate.proto}), each message of a stream too, before a handler sees them. A call with
 * a message that breaks one ends with INVALID_ARGUMENT and a {@code google.rpc.BadRequest} that names
 * every field. What a method without rules costs is the look for them when it is bound.
 */
public final class Validation implements ServerInterceptor {

  /**
   * Returns what checks the calls of one method.
   *
   * @throws IllegalArgumentException that names the method, if its rules do not compile
   */
  @Override
  public ServerInterceptor forMethod(BoundMethod<?, ?> bound) {
    return bound.method().request().emptyMessage() instanceof Message request
        ? forType(bound.method().fullName(), request.getDescriptorForType())
        : NONE;
  }

  private static ServerInterceptor forType(String method, Descriptor type) {
    return RuledTypes.hasRules(type) ? new Check(RequestRules.of(method, type)) : NONE;
  }

  /** Messages are checked when they are bound to a method; this is asked for one that never was. */
  @Override
  public <Req, Resp> Future<Void> intercept(
      ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
    return call.method().request().emptyMessage() instanceof Message request
        ? forType(call.method().fullName(), request.getDescriptorForType()).intercept(call, next)
        : next.handle(call);
  }

  private record Check(RequestRules rules) implements ServerInterceptor {
    @Override
    public <Req, Resp> Future<Void> intercept(
        ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
      Promise<Void> outcome = Promise.promise();
      // The call ends with what is wrong, whether its handler ends then or not.
      CheckedCall<Req, Resp> checked = new CheckedCall<>(call, rules, outcome::tryFail);
      next.handle(checked)
          .onComplete(done -> outcome.tryComplete(), failure -> outcome.tryFail(failure));
      return outcome.future();
    }
  }
}
