package dev.grpcbackend.interop;

import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The answers to a call of our client, read one by one off the event loop. */
final class Replies<T> {

  private static final int WAIT_SECONDS = Patience.SECONDS;

  /** One answer, and whether it was compressed on the wire. */
  record Reply<T>(T message, boolean compressed) {}

  private final ClientCall<?, T> call;
  private final BlockingQueue<Reply<T>> waiting = new LinkedBlockingQueue<>();

  Replies(ClientCall<?, T> call) {
    this.call = call;
    call.responses()
        .exceptionHandler(end -> {})
        .handler(message -> waiting.add(new Reply<>(message, call.responseCompressed())));
  }

  /** Waits for the next answer. */
  Reply<T> next() throws InterruptedException {
    Reply<T> next = waiting.poll(WAIT_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no answer within " + WAIT_SECONDS + " s");
    }
    return next;
  }

  /** Waits for the end of the call, which must be OK, and returns the answers not yet read. */
  List<Reply<T>> rest() {
    TestServer.await(call.trailers());
    List<Reply<T>> rest = new ArrayList<>();
    waiting.drainTo(rest);
    return rest;
  }

  /** Waits for the end of the call, which must be a failure. */
  StatusException failure() {
    return failure(call.trailers());
  }

  /** Waits for the failure of a future; an assertion error if it succeeds. */
  static StatusException failure(Future<?> future) {
    return TestServer.await(future.transform(done -> {
      if (done.cause() instanceof StatusException failure) {
        return Future.succeededFuture(failure);
      }
      return Future.failedFuture(new AssertionError("expected a failure, got " + done));
    }));
  }
}
