package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows one call to its observer, whose failures end here. Used on the call's context only. */
final class Observation {

  /** Shows nothing. */
  static final Observation NONE = new Observation(0);

  private static final Logger LOG = LoggerFactory.getLogger(ClientCallObserver.class);

  private final long startedNanos;
  private ClientCallTracer tracer = ClientCallTracer.NONE;
  private int attempts;

  private Observation(long startedNanos) {
    this.startedNanos = startedNanos;
  }

  static Observation of(ClientCallObserver observer, ClientCall<?, ?> call, Target target) {
    if (observer == ClientCallObserver.NONE) {
      return NONE;
    }
    Observation made = new Observation(System.nanoTime());
    try {
      made.tracer = observer.started(call, target.text());
    } catch (Throwable failure) {
      made.failed(failure);
    }
    return made;
  }

  /** Shows the start of an attempt. */
  ObservedAttempt attempt(int previous, boolean transparent) {
    if (this == NONE) {
      return ObservedAttempt.NONE;
    }
    ObservedAttempt made = new ObservedAttempt(
        this, attempts, previous, transparent, attempts == 0 ? startedNanos : System.nanoTime());
    attempts++;
    try {
      tracer.attemptStarted(made);
    } catch (Throwable failure) {
      failed(failure);
    }
    return made;
  }

  void nameResolved() {
    try {
      tracer.nameResolved();
    } catch (Throwable failure) {
      failed(failure);
    }
  }

  void attemptConnected(ObservedAttempt attempt) {
    try {
      tracer.attemptConnected(attempt);
    } catch (Throwable failure) {
      failed(failure);
    }
  }

  void sent(ObservedAttempt attempt, int wireBytes, boolean compressed) {
    try {
      tracer.sent(attempt, wireBytes, compressed);
    } catch (Throwable failure) {
      failed(failure);
    }
  }

  void received(ObservedAttempt attempt, int wireBytes, int bytes) {
    try {
      tracer.received(attempt, wireBytes, bytes);
    } catch (Throwable failure) {
      failed(failure);
    }
  }

  void attemptClosed(ObservedAttempt attempt, Status status) {
    try {
      tracer.attemptClosed(attempt, status);
    } catch (Throwable failure) {
      failed(failure);
    }
  }

  void closed(Status status) {
    if (this != NONE) {
      try {
        tracer.closed(status, System.nanoTime() - startedNanos);
      } catch (Throwable failure) {
        failed(failure);
      }
    }
  }

  /** Throwable: who looks on must not end what he looks at. */
  private void failed(Throwable failure) {
    tracer = ClientCallTracer.NONE;
    LOG.error("an observer of the client's calls has failed", failure);
  }
}
