package dev.grpcbackend.observe;

import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.rpc.Status;
import io.opentelemetry.api.trace.Span;

/** The span of one served call. */
final class ServedSpan implements CallTracer {

  private final Span span;

  ServedSpan(Span span) {
    this.span = span;
  }

  @Override
  public void received(ObservedCall call, int wireBytes, int bytes) {
    SpanEnd.message(span, "Inbound message", call.receivedMessages() - 1, wireBytes, bytes);
  }

  @Override
  public void sent(ObservedCall call, int wireBytes, int bytes) {
    SpanEnd.message(span, "Outbound message", call.sentMessages() - 1, wireBytes, bytes);
  }

  @Override
  public void closed(ObservedCall call, Status status) {
    SpanEnd.end(span, status);
  }
}
