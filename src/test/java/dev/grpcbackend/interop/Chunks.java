package dev.grpcbackend.interop;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.testing.proto.ResponseParameters;
import dev.grpcbackend.testing.proto.StreamingOutputCallResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Iterator;

/** Sends what a list of response parameters asks for: sizes, pauses, compression of each message. */
final class Chunks {

  private static final int MICROS_PER_MILLI = 1000;

  private final ServerCall<?, StreamingOutputCallResponse> call;
  private final Vertx vertx;

  Chunks(ServerCall<?, StreamingOutputCallResponse> call) {
    this.call = call;
    this.vertx = call.context().owner();
  }

  /** Completes after the last message; fails as soon as the call is over. */
  Future<Void> send(Iterable<ResponseParameters> wanted) {
    return send(wanted.iterator());
  }

  private Future<Void> send(Iterator<ResponseParameters> wanted) {
    while (wanted.hasNext()) {
      ResponseParameters next = wanted.next();
      Future<Void> ready = interval(next).compose(waited -> room());
      if (!ready.succeeded()) {
        return ready.compose(now -> sendNow(next)).compose(sent -> send(wanted));
      }
      Future<Void> sent = sendNow(next);
      if (sent.failed()) {
        return sent;
      }
    }
    return Future.succeededFuture();
  }

  private Future<Void> sendNow(ResponseParameters next) {
    Future<Void> sent = call.compression(next.getCompressed().getValue())
        .send(StreamingOutputCallResponse.newBuilder()
            .setPayload(TestService.payload(next.getSize()))
            .build());
    // Only a failure matters: waiting for each write would keep messages of a turn apart.
    return sent.failed() ? sent : Future.succeededFuture();
  }

  private Future<Void> interval(ResponseParameters next) {
    if (next.getIntervalUs() <= 0) {
      return Future.succeededFuture();
    }
    long millis = Math.max(1, next.getIntervalUs() / MICROS_PER_MILLI);
    Promise<Void> waited = Promise.promise();
    long timer = vertx.setTimer(millis, fired -> waited.tryComplete());
    call.cancelled().onSuccess(reason -> {
      vertx.cancelTimer(timer);
      waited.tryFail(reason.asException());
    });
    return waited.future();
  }

  private Future<Void> room() {
    if (!call.writeQueueFull()) {
      return Future.succeededFuture();
    }
    Promise<Void> drained = Promise.promise();
    call.drainHandler(now -> drained.complete());
    return drained.future();
  }
}
