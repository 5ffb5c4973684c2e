package dev.grpcbackend.service;

import dev.grpcbackend.call.ServerCall;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import java.util.function.Function;

/**
 * Answers every request of a stream with one response, in order, and reads the next request only
 * while the caller takes the responses.
 */
final class AnswerEach<Req, Resp> {

  private final ReadStream<Req> requests;
  private final ServerCall<Req, Resp> call;
  private final Function<Req, Resp> answer;
  private final Promise<Void> done = Promise.promise();

  private AnswerEach(
      ReadStream<Req> requests, ServerCall<Req, Resp> call, Function<Req, Resp> answer) {
    this.requests = requests;
    this.call = call;
    this.answer = answer;
  }

  /** Completes after the answer to the last request; fails if the call is over before that. */
  static <Req, Resp> Future<Void> of(
      ReadStream<Req> requests, ServerCall<Req, Resp> call, Function<Req, Resp> answer) {
    return new AnswerEach<>(requests, call, answer).start();
  }

  private Future<Void> start() {
    requests.exceptionHandler(done::tryFail);
    requests.endHandler(end -> done.tryComplete());
    // Setting the handler starts the flow, so it comes last.
    requests.handler(this::onRequest);
    return done.future();
  }

  private void onRequest(Req request) {
    Future<Void> sent = call.send(answer.apply(request));
    if (sent.failed()) {
      done.tryFail(sent.cause());
    } else if (call.writeQueueFull()) {
      requests.pause();
      call.drainHandler(room -> requests.resume());
    }
  }
}
