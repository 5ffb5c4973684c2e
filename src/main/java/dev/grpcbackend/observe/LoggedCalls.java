package dev.grpcbackend.observe;

import dev.grpcbackend.call.CallHead;
import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.rpc.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes the calls of one method; what all its lines have in common is made once. */
final class LoggedCalls implements CallObserver, CallTracer {

  private final CallLogOptions options;
  private final long slowNanos;
  private final LogBuffer buffer;
  private final @Nullable String method;
  private final byte[][] statuses;
  private int succeeded;

  /** The protocol of the last call, and what a line of it has in common with the next one's. */
  private String protocol = "";

  private byte[] protocolAndMethod = {};

  /**
   * Creates what writes the calls of a method.
   *
   * @param method its name, null for all that nobody has registered
   */
  LoggedCalls(CallLogOptions options, LogBuffer buffer, @Nullable String method) {
    this.options = options;
    this.slowNanos = options.slowAfter().toNanos();
    this.buffer = buffer;
    this.method = method;
    GrpcStatus[] all = GrpcStatus.values();
    this.statuses = new byte[all.length][];
    for (GrpcStatus status : all) {
      statuses[status.code] = buffer.constant(LogField.STATUS, status.name());
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
    LogLine line = buffer.start(call.endNanos());
    if (line == null) {
      return;
    }
    if (method == null) {
      line.text(LogField.PROTOCOL, head.protocol());
      line.text(LogField.METHOD, call.methodName());
    } else {
      line.add(ofProtocol(head.protocol(), method));
    }
    buffer.peer(head.peer().remoteAddress());
    if (!call.principal().isAnonymous()) {
      line.text(LogField.PRINCIPAL, call.principal().name());
    }
    line.add(statuses[status.code().code]);
    if (!status.description().isEmpty()) {
      line.text(LogField.MESSAGE, status.description());
    }
    line.millis(LogField.DURATION_MS, call.durationNanos());
    if (slow) {
      line.flag(LogField.SLOW);
    }
    line.number(LogField.REQ_MESSAGES, call.receivedMessages());
    line.number(LogField.REQ_BYTES, call.receivedBytes());
    line.number(LogField.RESP_MESSAGES, call.sentMessages());
    line.number(LogField.RESP_BYTES, call.sentBytes());
    if (call.deadline().isFinite()) {
      line.number(LogField.DEADLINE_MS, TimeUnit.NANOSECONDS.toMillis(call.deadlineLeftNanos()));
    }
    String trace = TraceParent.traceId(head.header(TraceParent.HEADER));
    if (trace != null) {
      line.text(LogField.TRACE_ID, trace);
    }
    String request = call.responseHeader(RequestIds.HEADER.toString());
    if (request == null) {
      request = RequestIds.accepted(head.header(RequestIds.HEADER));
    }
    if (request != null) {
      line.text(LogField.REQUEST_ID, request);
    }
    buffer.end();
  }

  private byte[] ofProtocol(String name, String method) {
    if (!name.equals(protocol)) {
      protocol = name;
      byte[] first = buffer.constant(LogField.PROTOCOL, name);
      byte[] second = buffer.constant(LogField.METHOD, method);
      protocolAndMethod = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, protocolAndMethod, first.length, second.length);
    }
    return protocolAndMethod;
  }
}
