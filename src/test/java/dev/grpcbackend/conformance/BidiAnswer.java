package dev.grpcbackend.conformance;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.conformance.proto.BidiStreamRequest;
import dev.grpcbackend.conformance.proto.BidiStreamResponse;
import dev.grpcbackend.conformance.proto.StreamResponseDefinition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;

/**
 * Answers one bidirectional call: each request with a message if the first says full duplex, all of
 * them together after the last otherwise.
 */
final class BidiAnswer {

  private final ReadStream<BidiStreamRequest> requests;
  private final Answer<BidiStreamResponse> answer;
  private final Promise<Void> done = Promise.promise();
  private StreamResponseDefinition wanted = StreamResponseDefinition.getDefaultInstance();
  private boolean started;
  private boolean fullDuplex;

  /** The message under way; the caller's end may arrive before it has left. */
  private Future<Void> latest = Future.succeededFuture();

  BidiAnswer(
      ReadStream<BidiStreamRequest> requests,
      ServerCall<BidiStreamRequest, BidiStreamResponse> call) {
    this.requests = requests;
    this.answer = new Answer<>(
        call, payload -> BidiStreamResponse.newBuilder().setPayload(payload).build());
  }

  Future<Void> start() {
    requests.exceptionHandler(done::tryFail);
    requests.endHandler(end -> finish());
    requests.pause();
    requests.handler(this::onRequest);
    requests.fetch(1);
    return done.future();
  }

  private void onRequest(BidiStreamRequest request) {
    answer.received(request);
    if (!started) {
      started = true;
      fullDuplex = request.getFullDuplex();
      wanted = request.getResponseDefinition();
      answer.begin(wanted);
      if (fullDuplex) {
        answer.sendHeaders(wanted);
      }
    }
    if (!fullDuplex) {
      requests.fetch(1);
    } else if (answer.hasMore(wanted)) {
      latest = answer.next(wanted);
      latest.onSuccess(sent -> requests.fetch(1)).onFailure(done::tryFail);
    } else {
      finish();
    }
  }

  private void finish() {
    if (!fullDuplex) {
      answer.sendHeaders(wanted);
    }
    latest.compose(sent -> answer.rest(wanted)).onComplete(done::tryComplete, done::tryFail);
  }
}
