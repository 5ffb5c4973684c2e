package dev.grpcbackend.policy;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodLimits;
import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls through whose callers are known and allowed, as a {@link Policy} says, which may be
 * replaced at any time.
 *
 * <p>Refused before the handler starts: with UNAUTHENTICATED who has bad credentials, or none where
 * some are needed; with PERMISSION_DENIED who is known and not allowed; with UNAVAILABLE while nobody
 * can tell; with RESOURCE_EXHAUSTED and the time to retry after who has reached a limit. The texts are constant; the reason goes to the log, which has one line in ten seconds
 * at most.
 *
 * <p>It decides on the method that was found, never on the text of a path. Thread-safe.
 */
public final class AccessControl implements ServerInterceptor {

  private static final Status UNKNOWN = Status.UNAUTHENTICATED.withDescription("not authenticated");
  private static final Status DENIED = Status.PERMISSION_DENIED.withDescription("not allowed");
  private static final Status NOBODY_CAN_TELL =
      Status.UNAVAILABLE.withDescription("credentials cannot be checked at the moment");

  private final RefusalLog log = new RefusalLog(System::nanoTime);
  private volatile Policy policy;
  private volatile Consumer<String> listener = reason -> {};

  public AccessControl(Policy policy) {
    this.policy = policy;
  }

  /** Returns the policy in force. */
  public Policy policy() {
    return policy;
  }

  /** Replaces the policy, for calls that come from now on. */
  public void policy(Policy policy) {
    Policy before = this.policy;
    this.policy = policy;
    before.close();
  }

  /** Sets who hears of each refusal, by one of a few words. */
  public void listener(Consumer<String> listener) {
    this.listener = listener;
  }

  @Override
  public ServerInterceptor forMethod(BoundMethod<?, ?> bound) {
    return new Gate(bound.method());
  }

  @Override
  public <Req, Resp> Future<Void> intercept(
      ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
    return new Gate(call.method()).intercept(call, next);
  }

  @Override
  public MethodLimits limitsOf(Method<?, ?> method) {
    return new Gate(method);
  }

  /**
   * Completes if one who asks for {@code /metrics} on the port of the calls may have it, on any thread.
   * Fails as a call does: with UNAUTHENTICATED, PERMISSION_DENIED or UNAVAILABLE.
   */
  public Future<Void> admitToMetrics(Metadata headers, Peer peer) {
    Policy now = policy;
    return now.authenticate(headers, peer).transform(settled -> {
      if (settled.failed()) {
        return refuse(Rule.METRICS, peer, settled.cause());
      }
      Principal caller = settled.result();
      return now.decideMetrics(caller).allowed()
          ? Future.succeededFuture()
          : refuse(Rule.METRICS, peer, caller);
    });
  }

  private Future<Void> refuse(String what, Peer peer, @Nullable Throwable cause) {
    String reason = cause == null ? "" : String.valueOf(cause.getMessage());
    return cause instanceof StatusException failure && failure.code() == GrpcStatus.UNAVAILABLE
        ? refuse(what, peer, "identity_unavailable", reason, NOBODY_CAN_TELL.asException())
        : refuse(what, peer, "unauthenticated", reason, UNKNOWN.asException());
  }

  private Future<Void> refuse(String what, Peer peer, Principal caller) {
    return caller.isAnonymous()
        ? refuse(what, peer, "unauthenticated", "no credentials", UNKNOWN.asException())
        : refuse(
            what, peer, "permission", caller.kind() + ":" + caller.name(), DENIED.asException());
  }

  private Future<Void> refuse(
      String what, Peer peer, String kind, String reason, StatusException status) {
    log.add(what, peer.remoteAddress(), status.status(), reason);
    listener.accept(kind);
    return Future.failedFuture(status);
  }

  /** What stands before one method. */
  private final class Gate implements ServerInterceptor, MethodLimits {

    private final Method<?, ?> method;
    private Ruled ruled;

    private record Ruled(
        Policy policy, List<Rule> rules, List<Limit> limits, int maxRequestBytes, long maxNanos) {
      static Ruled of(Policy policy, Method<?, ?> method) {
        List<Cap> caps = policy.capsFor(method);
        return new Ruled(
            policy,
            policy.rulesFor(method),
            policy.limitsFor(method),
            caps.stream().mapToInt(Cap::bytes).min().orElse(Integer.MAX_VALUE),
            caps.stream().mapToLong(Cap::nanos).min().orElse(Long.MAX_VALUE));
      }
    }

    Gate(Method<?, ?> method) {
      this.method = method;
      this.ruled = Ruled.of(policy, method);
    }

    @Override
    public <Req, Resp> Future<Void> intercept(
        ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
      Ruled inForce = inForce();
      Future<Principal> answer = inForce.policy.authenticate(call.headers(), call.peer());
      if (answer.succeeded()) {
        return decide(call, next, inForce, answer.result());
      }
      if (answer.isComplete()) {
        return refuse(call, answer.cause());
      }
      Promise<Void> outcome = Promise.promise();
      answer.onComplete(settled -> call.context()
          .runOnContext(turn -> (settled.failed()
                  ? refuse(call, settled.cause())
                  : decide(call, next, inForce, settled.result()))
              .onComplete(outcome)));
      return outcome.future();
    }

    @Override
    public int maxRequestBytes() {
      return inForce().maxRequestBytes;
    }

    @Override
    public long maxNanos() {
      return inForce().maxNanos;
    }

    private Ruled inForce() {
      Ruled now = ruled;
      Policy latest = policy;
      if (now.policy != latest) {
        now = Ruled.of(latest, method);
        ruled = now;
      }
      return now;
    }

    @Override
    public MethodLimits limitsOf(Method<?, ?> asked) {
      return this;
    }

    private <Req, Resp> Future<Void> decide(
        ServerCall<Req, Resp> call,
        ServerCallHandler<Req, Resp> next,
        Ruled inForce,
        Principal caller) {
      if (call.isCancelled()) {
        return Future.succeededFuture();
      }
      Rule rule = Policy.deciding(inForce.rules, caller);
      call.principal(caller);
      if (rule != null && rule.allow()) {
        for (int i = 0; i < inForce.limits.size(); i++) {
          StatusException refusal = inForce.limits.get(i).begin(call);
          if (refusal != null) {
            String limit = inForce.limits.get(i).toString();
            return AccessControl.this.refuse(
                method.fullName(), call.peer(), "limit", limit, refusal);
          }
        }
        return next.handle(call);
      }
      return AccessControl.this.refuse(method.fullName(), call.peer(), caller);
    }

    private Future<Void> refuse(ServerCall<?, ?> call, @Nullable Throwable cause) {
      return AccessControl.this.refuse(method.fullName(), call.peer(), cause);
    }
  }
}
