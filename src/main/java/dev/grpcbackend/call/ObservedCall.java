package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Status;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A call as observers see it: its head, and what has gone to and fro until now. Plain fields of the
 * call's context, kept for all of its observers together.
 */
public final class ObservedCall {

  /** Stands for a call that nobody observes; has no head. */
  static final ObservedCall NONE = new ObservedCall();

  private static final FailureLog FAILURES =
      new FailureLog(LoggerFactory.getLogger(ObservedCall.class), System::nanoTime);

  private final @Nullable CallHead head;
  private final @Nullable ActiveCall<?, ?> call;
  private final String path;
  private final Deadline deadline;
  private CallTracer tracer = CallTracer.NONE;
  private final long startedNanos;
  private long durationNanos;
  private long receivedMessages;
  private long receivedBytes;
  private long sentMessages;
  private long sentBytes;

  private ObservedCall() {
    head = null;
    call = null;
    path = "";
    deadline = Deadline.NEVER;
    startedNanos = 0;
  }

  private ObservedCall(
      CallHead head, @Nullable ActiveCall<?, ?> call, String path, Deadline deadline) {
    this.head = head;
    this.call = call;
    this.path = path;
    this.deadline = deadline;
    // The clock was read for the deadline, as the first thing after the head.
    this.startedNanos = deadline.madeNanos();
  }

  static ObservedCall start(CallObserver observer, CallHead head, ActiveCall<?, ?> call) {
    return observer == CallObserver.NONE
        ? NONE
        : start(observer, new ObservedCall(head, call, "", call.deadline()));
  }

  private static ObservedCall start(CallObserver observer, ObservedCall call) {
    try {
      call.tracer = observer.started(call);
    } catch (Throwable failure) {
      call.failed(failure);
    }
    return call;
  }

  // For the protocols.

  /**
   * Shows a request that becomes no call.
   *
   * @param methodName {@code package.Service/Method}, or whatever path the caller has sent
   */
  public static void refused(
      CallObserver observer, CallHead head, String methodName, Status status) {
    if (observer != CallObserver.NONE) {
      start(observer, new ObservedCall(head, null, methodName, Deadline.NEVER)).closed(status);
    }
  }

  /** Takes a request message, on the way to the handler. */
  public void received(int wireBytes, int bytes) {
    if (this != NONE) {
      receivedMessages++;
      receivedBytes += wireBytes;
      try {
        tracer.received(this, wireBytes, bytes);
      } catch (Throwable failure) {
        failed(failure);
      }
    }
  }

  /** Takes a response message, on the way to the caller. */
  public void sent(int wireBytes, int bytes) {
    if (this != NONE) {
      sentMessages++;
      sentBytes += wireBytes;
      try {
        tracer.sent(this, wireBytes, bytes);
      } catch (Throwable failure) {
        failed(failure);
      }
    }
  }

  void closed(Status status) {
    if (this != NONE) {
      durationNanos = System.nanoTime() - startedNanos;
      try {
        tracer.closed(this, status);
      } catch (Throwable failure) {
        failed(failure);
      }
    }
  }

  // For the observers.

  /** Returns {@code package.Service/Method}; of unknown methods the path as the caller sent it. */
  public String methodName() {
    return call == null ? path : call.method().fullName();
  }

  public CallHead head() {
    if (head == null) {
      throw new IllegalStateException("nobody observes this call");
    }
    return head;
  }

  /** Returns who calls, as far as was found out until now. */
  public Principal principal() {
    return call == null ? Principal.ANONYMOUS : call.principal();
  }

  /** Returns when the call has to be over, NEVER for one that was refused by its head. */
  public Deadline deadline() {
    return deadline;
  }

  /** Returns the first value of a response header that was set until now, or null. */
  public @Nullable String responseHeader(String name) {
    // The field: the method would make headers where there are none.
    return call == null || call.responseHeaders.isEmpty() ? null : call.responseHeaders.get(name);
  }

  /** Returns the reading of {@link System#nanoTime} at the end; of a closed call. */
  public long endNanos() {
    return startedNanos + durationNanos;
  }

  /** Returns what was left until the deadline at the end, negative if it had passed, 0 for none. */
  public long deadlineLeftNanos() {
    return deadline.isFinite() ? deadline.remainingNanos(endNanos()) : 0;
  }

  /** Returns the time from the head to the end; of a closed call. */
  public long durationNanos() {
    return durationNanos;
  }

  public long receivedMessages() {
    return receivedMessages;
  }

  /** Returns the bytes of the request messages on the wire, without their prefixes. */
  public long receivedBytes() {
    return receivedBytes;
  }

  public long sentMessages() {
    return sentMessages;
  }

  /** Returns the bytes of the response messages on the wire, without their prefixes. */
  public long sentBytes() {
    return sentBytes;
  }

  /** Throwable, as in {@link ActiveCall#start}: who looks on must not end what he looks at. */
  private void failed(Throwable failure) {
    tracer = CallTracer.NONE;
    FAILURES.add("an observer of " + methodName(), failure, false);
  }
}
