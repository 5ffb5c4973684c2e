package dev.grpcbackend.observe;

import dev.grpcbackend.call.CallHead;
import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.rpc.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes the calls of one method; what all its lines have in common is made once. */
final class LoggedCalls implements CallObserver, CallTracer {

  private final CallLogOptions options;
  private final long slowNanos;
  private final LogBuffer buffer;
  private final byte @Nullable [] method;
  private final byte[][] statuses;
  private int succeeded;

  /**
   * Creates what writes the calls of a method.
   *
   * @param method its name, null for all that nobody has registered
   */
  LoggedCalls(CallLogOptions options, LogBuffer buffer, @Nullable String method) {
    this.options = options;
    this.slowNanos = options.slowAfter().toNanos();
    this.buffer = buffer;
    this.method = method == null ? null : buffer.constant("method", method);
    GrpcStatus[] all = GrpcStatus.values();
    this.statuses = new byte[all.length][];
    for (GrpcStatus status : all) {
      statuses[status.code] = buffer.constant("status", status.name());
    }
  }

  @Override
  public CallTracer started(ObservedCall call) {
    return this;
  }

  @Override
  public void closed(ObservedCall call, Status status) {
    boolean slow = slowNanos > 0 && call.durationNanos() > slowNanos;
    if (status.isOk() && !slow && options.sampleEvery() > 1) {
      // Calls of other threads may be missed here: it is a sample.
      succeeded = (succeeded + 1) % options.sampleEvery();
      if (succeeded != 0) {
        return;
      }
    }
    synchronized (buffer) {
      write(call, status, slow);
    }
  }

  private void write(ObservedCall call, Status status, boolean slow) {
    CallHead head = call.head();
    LogLine line = buffer.start();
    line.text("protocol", head.protocol());
    if (method == null) {
      line.text("method", call.methodName());
    } else {
      line.add(method);
    }
    buffer.peer(head.peer().remoteAddress());
    if (!call.principal().isAnonymous()) {
      line.text("principal", call.principal().name());
    }
    line.add(statuses[status.code().code]);
    if (!status.description().isEmpty()) {
      line.text("message", status.description());
    }
    line.millis("duration_ms", call.durationNanos());
    if (slow) {
      line.flag("slow");
    }
    line.number("req_messages", call.receivedMessages());
    line.number("req_bytes", call.receivedBytes());
    line.number("resp_messages", call.sentMessages());
    line.number("resp_bytes", call.sentBytes());
    if (call.deadline().isFinite()) {
      line.number("deadline_ms", TimeUnit.NANOSECONDS.toMillis(call.deadlineLeftNanos()));
    }
    String trace = TraceParent.traceId(head.header(TraceParent.HEADER));
    if (trace != null) {
      line.text("trace_id", trace);
    }
    String request = call.responseHeader(RequestIds.HEADER);
    if (request == null) {
      request = RequestIds.accepted(head.header(RequestIds.HEADER));
    }
    if (request != null) {
      line.text("request_id", request);
    }
    buffer.end();
  }
}
