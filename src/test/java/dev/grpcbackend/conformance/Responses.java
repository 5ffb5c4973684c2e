package dev.grpcbackend.conformance;

import io.vertx.core.streams.ReadStream;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads a stream of responses one by one, for a thread that may wait. */
final class Responses<T> {

  private static final int PATIENCE_SECONDS = 15;

  private final ReadStream<T> stream;
  private final BlockingQueue<Optional<T>> arrived = new LinkedBlockingQueue<>();

  Responses(ReadStream<T> stream) {
    this.stream = stream;
    stream.exceptionHandler(failure -> arrived.add(Optional.empty()));
    stream.endHandler(end -> arrived.add(Optional.empty()));
    stream.pause();
    stream.handler(message -> arrived.add(Optional.of(message)));
  }

  /** Returns the next message; empty at the end, whatever it was. */
  Optional<T> next() throws InterruptedException, TimeoutException {
    stream.fetch(1);
    Optional<T> next = arrived.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new TimeoutException("no response within " + PATIENCE_SECONDS + " s");
    }
    if (next.isEmpty()) {
      arrived.add(next);
    }
    return next;
  }
}
