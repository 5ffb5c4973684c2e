package dev.grpcbackend.observe;

import dev.grpcbackend.client.ClientCallTracer;
import dev.grpcbackend.client.ObservedAttempt;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** The span of one call of a channel, and those of its attempts. */
final class CalledSpans implements ClientCallTracer {

  private final Tracing tracing;
  private final Method<?, ?> method;
  private final Span span;
  private final IdentityHashMap<ObservedAttempt, Span> attempts = new IdentityHashMap<>(2);

  CalledSpans(Tracing tracing, Method<?, ?> method, Span span) {
    this.tracing = tracing;
    this.method = method;
    this.span = span;
  }

  @Override
  public void attemptStarted(ObservedAttempt attempt) {
    Span made = tracing
        .attempt(method, span)
        .setAttribute("previous-rpc-attempts", attempt.previous())
        .setAttribute("transparent-retry", attempt.isTransparentRetry());
    attempts.put(attempt, made);
    tracing.propagator().inject(Context.root().with(made), attempt, CalledSpans::tell);
  }

  private static void tell(@Nullable ObservedAttempt attempt, String name, String value) {
    if (attempt != null) {
      attempt.header(name, value);
    }
  }

  @Override
  public void nameResolved() {
    span.addEvent("Delayed name resolution complete");
  }

  @Override
  public void attemptConnected(ObservedAttempt attempt) {
    of(attempt).addEvent("Delayed LB pick complete");
  }

  @Override
  public void sent(ObservedAttempt attempt, int wireBytes, boolean compressed) {
    int bytes = compressed ? -1 : wireBytes;
    SpanEnd.message(of(attempt), "Outbound message", attempt.sentMessages() - 1, wireBytes, bytes);
  }

  @Override
  public void received(ObservedAttempt attempt, int wireBytes, int bytes) {
    SpanEnd.message(
        of(attempt), "Inbound message", attempt.receivedMessages() - 1, wireBytes, bytes);
  }

  @Override
  public void attemptClosed(ObservedAttempt attempt, Status status) {
    SpanEnd.end(of(attempt), status);
    attempts.remove(attempt);
  }

  @Override
  public void closed(Status status, long durationNanos) {
    SpanEnd.end(span, status);
  }

  private Span of(ObservedAttempt attempt) {
    Span made = attempts.get(attempt);
    return made == null ? Span.getInvalid() : made;
  }
}
