package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;

/** Shows calls to one tracer and then to another. */
record TwoClientTracers(ClientCallTracer first, ClientCallTracer second)
    implements ClientCallTracer {

  @Override
  public void attemptStarted(ObservedAttempt attempt) {
    first.attemptStarted(attempt);
    second.attemptStarted(attempt);
  }

  @Override
  public void attemptClosed(ObservedAttempt attempt, Status status) {
    first.attemptClosed(attempt, status);
    second.attemptClosed(attempt, status);
  }

  @Override
  public void closed(Status status, long durationNanos) {
    first.closed(status, durationNanos);
    second.closed(status, durationNanos);
  }
}
