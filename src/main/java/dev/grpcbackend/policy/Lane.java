package dev.grpcbackend.policy;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

/**
 * The calls that share a limit, and those that wait for it or for the event loop.
 *
 * <p>A call waits in one of two regimes. While the backlog is less than {@code maxWait} of work, all
 * of it will be served in time: oldest first. Otherwise calls come faster than they are served, and
 * who waits longest is least likely to be still waited for: newest first, and who has waited for a
 * tenth of {@code maxWait} is refused, until nobody waits any more. The first regime makes of a burst
 * nothing worse than a delay, the second keeps the calls that are served fresh. Calls with a stream of
 * requests do not wait for the event loop: theirs is used as the requests come.
 *
 * @see <a href="https://queue.acm.org/detail.cfm?id=2839461">Fail at Scale, ACM Queue 13(8), 2015:
 *     adaptive LIFO and controlled delay</a>
 */
final class Lane implements ServerInterceptor {

  private static final int PATIENCE = 10;

  /** So many calls have to leave the queue before the time that each takes is known. */
  private static final int MIN_STARTS = 8;

  private final Admission admission;
  private final int fixedLimit;
  private final @Nullable AdaptiveLimit adaptive;
  private final long maxWaitNanos;
  private final int maxWaiting;
  private final WaitingCalls waiting = new WaitingCalls();
  private int inProgress;

  private boolean overloaded;
  private long nanosPerStart;
  private long windowStart;
  private int windowStarts;

  /**
   * Creates a lane.
   *
   * @param limit calls in progress at a time; 0 for no limit
   */
  Lane(Admission admission, AdmissionOptions options, int limit, boolean adaptive) {
    this.admission = admission;
    this.fixedLimit = limit;
    this.adaptive = adaptive ? new AdaptiveLimit(limit == 0 ? AdaptiveLimit.MAX : limit) : null;
    this.maxWaitNanos = options.maxWait().toNanos();
    this.maxWaiting = options.maxWaiting();
  }

  @Override
  public <Req, Resp> Future<Void> intercept(
      ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
    // What a stream of requests costs is still to come, at the pace at which it is read.
    boolean unpaced = limit() == 0 && !call.method().type().hasSingleRequest();
    if (unpaced || (waiting.isEmpty() && hasRoom() && admission.mayStart())) {
      started(call);
      return next.handle(call);
    }
    return await(call, next);
  }

  int waiting() {
    return waiting.size();
  }

  long oldestSince(long now) {
    return waiting.oldestSince(now);
  }

  boolean hasRoom() {
    int limit = limit();
    return limit == 0 || inProgress < limit;
  }

  /** Returns how many calls may be in progress now; 0 for any number. */
  int limit() {
    return adaptive == null ? fixedLimit : adaptive.calls();
  }

  /** Starts a call if one waits and the limit has room; returns whether it did. */
  boolean startNext(long now) {
    refuseLate(now);
    while (hasRoom()) {
      WaitingCall<?, ?> call = waiting.poll(overloaded);
      if (call == null) {
        overloaded = false;
        return false;
      }
      if (call.isGone()) {
        admission.refuse(call);
      } else {
        onStart(now);
        started(call.call());
        admission.start(call);
        return true;
      }
    }
    return false;
  }

  private <Req, Resp> Future<Void> await(
      ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
    long now = admission.now();
    if (waiting.isEmpty()) {
      windowStart = now;
      windowStarts = 0;
      nanosPerStart = 0;
    }
    WaitingCall<Req, Resp> entry = new WaitingCall<>(call, next, now);
    waiting.add(entry, admission.priority(call));
    if (waiting.size() > maxWaiting) {
      overloaded = true;
      WaitingCall<?, ?> least = waiting.pollLeast();
      if (least != null) {
        admission.refuse(least);
      }
    } else if (waiting.size() * nanosPerStart > maxWaitNanos) {
      overloaded = true;
    }
    admission.wake();
    return entry.result();
  }

  private void refuseLate(long now) {
    WaitingCall<?, ?> late;
    while ((late = waiting.pollOlderThan(now - patienceNanos())) != null) {
      overloaded = true;
      admission.refuse(late);
    }
  }

  private long patienceNanos() {
    return overloaded ? maxWaitNanos / PATIENCE : maxWaitNanos;
  }

  private void onStart(long now) {
    if (++windowStarts == MIN_STARTS) {
      nanosPerStart = (now - windowStart) / MIN_STARTS;
      windowStart = now;
      windowStarts = 0;
    }
  }

  private void started(ServerCall<?, ?> call) {
    if (fixedLimit == 0 && adaptive == null) {
      // Nobody asks for the number, and to count costs an object a call.
      return;
    }
    inProgress++;
    long since = adaptive == null ? 0 : admission.now();
    call.closed().onSuccess(status -> ended(call, status, since));
  }

  private void ended(ServerCall<?, ?> call, Status status, long since) {
    AdaptiveLimit limit = adaptive;
    if (limit != null && call.method().type() == MethodType.UNARY) {
      if (status.isOk()) {
        limit.onSample(admission.now() - since, inProgress);
      } else if (status.code() == GrpcStatus.DEADLINE_EXCEEDED) {
        limit.onDropped();
      }
    }
    inProgress--;
    if (!waiting.isEmpty()) {
      admission.wake();
    }
  }
}
