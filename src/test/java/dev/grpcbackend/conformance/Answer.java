package dev.grpcbackend.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.conformance.proto.ConformancePayload;
import dev.grpcbackend.conformance.proto.ConformancePayload.RequestInfo;
import dev.grpcbackend.conformance.proto.Error;
import dev.grpcbackend.conformance.proto.StreamResponseDefinition;
import dev.grpcbackend.conformance.proto.UnaryResponseDefinition;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.RichStatus;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * What a request asks the server to answer, and what the server tells of the request: its headers,
 * its timeout and its messages go back in the first message, or in the details of the error.
 *
 * @param <Resp> the response message
 */
final class Answer<Resp> {

  private final ServerCall<?, Resp> call;
  private final Function<ConformancePayload, Resp> response;
  private final RequestInfo head;
  private final List<Any> requests = new ArrayList<>();
  private int sent;

  Answer(ServerCall<?, Resp> call, Function<ConformancePayload, Resp> response) {
    this.call = call;
    this.response = response;
    RequestInfo.Builder seen =
        RequestInfo.newBuilder().addAllRequestHeaders(HeaderLists.of(call.headers()));
    Deadline deadline = call.deadline();
    if (deadline.isFinite()) {
      seen.setTimeoutMs(TimeUnit.NANOSECONDS.toMillis(deadline.remainingNanos()));
    }
    this.head = seen.build();
  }

  /** Notes a request, to be told of with the next message. */
  Answer<Resp> received(Message request) {
    requests.add(Any.pack(request));
    return this;
  }

  /** Returns the one response. */
  Future<Resp> unary(UnaryResponseDefinition wanted) {
    HeaderLists.addTo(call.responseHeaders(), wanted.getResponseHeadersList());
    HeaderLists.addTo(call.trailers(), wanted.getResponseTrailersList());
    return pause(wanted.getResponseDelayMs())
        .compose(waited -> wanted.hasError()
            ? fail(wanted.getError())
            : Future.succeededFuture(response.apply(payload(wanted.getResponseData()))));
  }

  /** Takes over the metadata of a stream, before its first message. */
  void begin(StreamResponseDefinition wanted) {
    HeaderLists.addTo(call.responseHeaders(), wanted.getResponseHeadersList());
    HeaderLists.addTo(call.trailers(), wanted.getResponseTrailersList());
  }

  /**
   * Sends the headers now, if there are any or messages will follow: those of a call that failed
   * before it sent anything would otherwise arrive as trailers (gRFC A6).
   */
  void sendHeaders(StreamResponseDefinition wanted) {
    if (wanted.getResponseDataCount() > 0 || wanted.getResponseHeadersCount() > 0) {
      call.sendHeaders();
    }
  }

  /** Whether a message is left to be sent. */
  boolean hasMore(StreamResponseDefinition wanted) {
    return sent < wanted.getResponseDataCount();
  }

  /** Sends the next message after its delay. */
  Future<Void> next(StreamResponseDefinition wanted) {
    return pause(wanted.getResponseDelayMs()).compose(waited -> {
      ConformancePayload payload = payload(wanted.getResponseData(sent++));
      return call.send(response.apply(payload));
    });
  }

  /** Sends the messages that are left, then ends as was asked for. */
  Future<Void> rest(StreamResponseDefinition wanted) {
    if (hasMore(wanted)) {
      return next(wanted).compose(gone -> rest(wanted));
    }
    return wanted.hasError() ? fail(wanted.getError()) : Future.succeededFuture();
  }

  private Future<Void> pause(int millis) {
    return millis == 0
        ? Future.succeededFuture()
        : call.context().owner().timer(millis, TimeUnit.MILLISECONDS).mapEmpty();
  }

  private ConformancePayload payload(ByteString bytes) {
    ConformancePayload.Builder payload = ConformancePayload.newBuilder().setData(bytes);
    if (sent <= 1 || !requests.isEmpty()) {
      payload.setRequestInfo(requestInfo());
    }
    return payload.build();
  }

  /** The head is told of once, each request too. */
  private RequestInfo requestInfo() {
    RequestInfo info = (sent <= 1 ? head : RequestInfo.getDefaultInstance())
        .toBuilder().addAllRequests(requests).build();
    requests.clear();
    return info;
  }

  private <T> Future<T> fail(Error wanted) {
    com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
        .setCode(wanted.getCodeValue())
        .setMessage(wanted.getMessage())
        .addAllDetails(wanted.getDetailsList());
    if (sent == 0) {
      status.addDetails(Any.pack(requestInfo()));
    }
    return Future.failedFuture(RichStatus.asException(status.build()));
  }
}
