package dev.grpcbackend.call;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/** Sends the messages of a stream on a call: pauses the stream while the caller reads slowly. */
final class StreamCopy<Resp> {

  private final ReadStream<Resp> source;
  private final ServerCall<?, Resp> call;
  private final Promise<Void> done = Promise.promise();
  private boolean stopped;
  private @Nullable Future<Void> lastSent;

  StreamCopy(ReadStream<Resp> source, ServerCall<?, Resp> call) {
    this.source = source;
    this.call = call;
  }

  Future<Void> start() {
    call.cancelled().onSuccess(status -> stop(status.asException()));
    source.exceptionHandler(this::stop);
    source.endHandler(end -> done.tryComplete());
    // Setting the handler starts the flow, so it comes last.
    source.handler(this::forward);
    return done.future();
  }

  private void forward(Resp message) {
    if (stopped) {
      return;
    }
    Future<Void> sent = call.send(message);
    // The messages of one write share a future; one look at it is enough, and a look takes a lock.
    boolean failed = sent != lastSent && sent.failed();
    lastSent = sent;
    if (failed) {
      stop(sent.cause());
    } else if (call.writeQueueFull()) {
      source.pause();
      call.drainHandler(room -> source.resume());
    }
  }

  private void stop(Throwable cause) {
    if (done.tryFail(cause)) {
      stopped = true;
      // The rest of the source is not wanted; a paused source without an owner holds what it made.
      source.handler(dropped -> {});
      source.resume();
    }
  }
}
