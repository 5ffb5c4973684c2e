package dev.grpcbackend.service;

import dev.grpcbackend.testing.Patience;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a grpc-java caller is sent, to be waited for. */
final class Received<T> implements StreamObserver<T> {

  /** Long enough for a busy machine. */
  private static final int SECONDS = Patience.SECONDS;

  private final BlockingQueue<T> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();

  @Override
  public void onNext(T message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable failure) {
    end.complete(
        failure instanceof StatusRuntimeException known
            ? known.getStatus()
            : Status.fromThrowable(failure));
  }

  @Override
  public void onCompleted() {
    end.complete(Status.OK);
  }

  /** Waits for the next message. */
  T next() throws InterruptedException {
    T message = messages.poll(SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message within " + SECONDS + " s, end: " + end);
    }
    return message;
  }

  /** Waits for the end and returns the messages that were not taken yet. */
  List<T> rest() throws Exception {
    end();
    return new ArrayList<>(messages);
  }

  /** Waits for the end. */
  Status end() throws Exception {
    return end.get(SECONDS, TimeUnit.SECONDS);
  }
}
