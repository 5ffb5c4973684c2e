package dev.grpcbackend.observe;

import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.rpc.Status;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

/** Counts the calls of one method on one event loop; everything is looked up before they come. */
final class MethodCalls implements CallObserver, CallTracer {

  private static final int STARTED = 0;
  private static final int ENDED = 1;

  private final CallMeters meters;
  private final String method;
  private final Cells cells = new Cells(2);

  /** By status, each made when it is first seen; a race makes one that is equal. */
  private final @Nullable Ending[] endings = new @Nullable Ending[GrpcStatus.values().length];

  MethodCalls(CallMeters meters, String method) {
    this.meters = meters;
    this.method = method;
  }

  boolean isOwned() {
    return cells.isOwned();
  }

  long started() {
    return cells.get(STARTED);
  }

  /** Returns how many are in progress. */
  long active() {
    return cells.get(STARTED) - cells.get(ENDED);
  }

  @Override
  public CallTracer started(ObservedCall call) {
    cells.add(STARTED, 1);
    return this;
  }

  @Override
  public void closed(ObservedCall call, Status status) {
    cells.add(ENDED, 1);
    int code = status.code().code;
    Ending ending = endings[code];
    if (ending == null) {
      ending = meters.ending(method, status.code());
      endings[code] = ending;
    }
    ending.duration.record(call.durationNanos());
    ending.sent.record(call.sentBytes());
    ending.received.record(call.receivedBytes());
  }

  /** What is recorded of calls of one status. */
  record Ending(
      Histogram.Recorder duration, Histogram.Recorder sent, Histogram.Recorder received) {}
}
