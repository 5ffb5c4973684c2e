package dev.grpcbackend.policy;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/** A call that waits for its turn. */
final class WaitingCall<Req, Resp> {

  private final ServerCall<Req, Resp> call;
  private final ServerCallHandler<Req, Resp> next;
  private final Promise<Void> result = Promise.promise();
  private final long sinceNanos;

  WaitingCall(ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next, long sinceNanos) {
    this.call = call;
    this.next = next;
    this.sinceNanos = sinceNanos;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  ServerCall<Req, Resp> call() {
    return call;
  }

  Future<Void> result() {
    return result.future();
  }

  /** Whether nobody waits for an answer: the call is over, or its deadline has passed. */
  boolean isGone() {
    return call.isCancelled() || call.deadline().isExpired();
  }

  void start() {
    Future<Void> handled;
    try {
      handled = next.handle(call);
    } catch (Throwable failure) {
      // Throwable: as where a handler starts at once; an Error must end the call, not the others.
      result.fail(failure);
      return;
    }
    if (handled == null) {
      result.fail(new IllegalStateException("the handler returned null (expected: a future)"));
    } else {
      handled.onComplete(result);
    }
  }

  void refuse(StatusException refusal) {
    // A call that is over has its status already; this one then reaches nobody.
    result.fail(
        call.isCancelled() || !call.deadline().isExpired()
            ? refusal
            : Status.DEADLINE_EXCEEDED
                .withDescription("the deadline of the call passed while it waited for its turn")
                .asException());
  }
}
