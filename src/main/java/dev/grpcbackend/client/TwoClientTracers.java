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
  public void nameResolved() {
    first.nameResolved();
    second.nameResolved();
  }

  @Override
  public void attemptConnected(ObservedAttempt attempt) {
    first.attemptConnected(attempt);
    second.attemptConnected(attempt);
  }

  @Override
  public void sent(ObservedAttempt attempt, int wireBytes, boolean compressed) {
    first.sent(attempt, wireBytes, compressed);
    second.sent(attempt, wireBytes, compressed);
  }

  @Override
  public void received(ObservedAttempt attempt, int wireBytes, int bytes) {
    first.received(attempt, wireBytes, bytes);
    second.received(attempt, wireBytes, bytes);
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
