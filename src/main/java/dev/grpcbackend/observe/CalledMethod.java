package dev.grpcbackend.observe;

import dev.grpcbackend.client.ClientCallTracer;
import dev.grpcbackend.client.ObservedAttempt;
import dev.grpcbackend.rpc.Status;
import io.micrometer.core.instrument.Tags;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

/** Counts the calls that clients make of one method of one target, from any thread. */
final class CalledMethod implements ClientCallTracer {

  private static final int STATUSES = GrpcStatus.values().length;

  private final ClientMetrics metrics;
  private final Tags labels;
  private final Cells started = new Cells(1);

  /** By status, each made when it is first seen; a race makes one that is equal. */
  private final @Nullable Ending[] attempts = new @Nullable Ending[STATUSES];

  private final Histogram.@Nullable Recorder[] calls = new Histogram.@Nullable Recorder[STATUSES];

  CalledMethod(ClientMetrics metrics, String target, String method) {
    this.metrics = metrics;
    this.labels = Tags.of("grpc.method", method, "grpc.target", target);
  }

  Tags labels() {
    return labels;
  }

  long started() {
    return started.get(0);
  }

  @Override
  public void attemptStarted(ObservedAttempt attempt) {
    started.add(0, 1);
  }

  @Override
  public void attemptClosed(ObservedAttempt attempt, Status status) {
    int code = status.code().code;
    Ending ending = attempts[code];
    if (ending == null) {
      ending = metrics.attemptEnding(labels.and("grpc.status", status.code().name()));
      attempts[code] = ending;
    }
    ending.duration.record(attempt.durationNanos());
    ending.sent.record(attempt.sentBytes());
    ending.received.record(attempt.receivedBytes());
  }

  @Override
  public void closed(Status status, long durationNanos) {
    int code = status.code().code;
    Histogram.Recorder recorder = calls[code];
    if (recorder == null) {
      recorder = metrics.callEnding(labels.and("grpc.status", status.code().name()));
      calls[code] = recorder;
    }
    recorder.record(durationNanos);
  }

  /** What is recorded of attempts of one status. */
  record Ending(
      Histogram.Recorder duration, Histogram.Recorder sent, Histogram.Recorder received) {}
}
