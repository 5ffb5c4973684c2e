package dev.grpcbackend.client;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;

/** Sends the messages of a stream on a call: pauses the stream while the server reads slowly. */
final class RequestCopy<Req> {

  private final ReadStream<Req> source;
  private final ClientCall<Req, ?> call;
  private final Promise<Void> done = Promise.promise();

  RequestCopy(ReadStream<Req> source, ClientCall<Req, ?> call) {
    this.source = source;
    this.call = call;
  }

  Future<Void> start() {
    call.trailers().onComplete(ended -> {
      if (ended.failed()) {
        stop(ended.cause());
      } else {
        // The server was content with a part of the stream.
        release(done.tryComplete());
      }
    });
    source.exceptionHandler(this::onSourceFailure);
    source.endHandler(end -> {
      if (!done.future().isComplete()) {
        call.halfClose().onComplete(done::tryComplete, done::tryFail);
      }
    });
    // Setting the handler starts the flow, so it comes last.
    source.handler(this::forward);
    return done.future();
  }

  private void forward(Req message) {
    if (done.future().isComplete()) {
      return;
    }
    Future<Void> sent = call.send(message);
    if (sent.failed()) {
      stop(sent.cause());
      call.cancel("a request message could not be sent");
    } else if (call.writeQueueFull()) {
      source.pause();
      call.drainHandler(room -> source.resume());
    }
  }

  private void onSourceFailure(Throwable failure) {
    if (!done.future().isComplete()) {
      stop(failure);
      call.cancel("the stream of requests failed: " + failure);
    }
  }

  private void stop(Throwable cause) {
    release(done.tryFail(cause));
  }

  private void release(boolean stopped) {
    if (stopped) {
      // The rest of the source is not wanted; a paused source without an owner holds what it made.
      source.handler(dropped -> {});
      source.resume();
    }
  }
}
