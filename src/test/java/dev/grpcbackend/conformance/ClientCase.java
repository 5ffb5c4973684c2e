package dev.grpcbackend.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.conformance.proto.ClientCompatRequest;
import dev.grpcbackend.conformance.proto.ClientCompatRequest.Cancel;
import dev.grpcbackend.conformance.proto.ClientResponseResult;
import dev.grpcbackend.conformance.proto.Compression;
import dev.grpcbackend.conformance.proto.Error;
import dev.grpcbackend.conformance.proto.StreamType;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes one call as the suite asks for (its {@code docs/testing_clients.md}) and reports what became
 * of it. A cancelled call is driven on as if it were not, as its failures are part of the report.
 * Runs on a thread that may wait.
 */
final class ClientCase<Req extends Message, Resp extends Message> {

  private static final int PATIENCE_SECONDS = 15;

  private final Vertx vertx;
  private final PayloadMethod<Req, Resp> method;
  private final ClientCompatRequest request;
  private final ClientCall<Req, Resp> call;
  private final ClientResponseResult.Builder result = ClientResponseResult.newBuilder();

  ClientCase(
      Vertx vertx, Channel channel, PayloadMethod<Req, Resp> method, ClientCompatRequest request) {
    this.vertx = vertx;
    this.method = method;
    this.request = request;
    this.call = channel.with(options(request)).call(method.method());
  }

  private static CallOptions options(ClientCompatRequest request) {
    Metadata headers = new Metadata();
    HeaderLists.addTo(headers, request.getRequestHeadersList());
    return CallOptions.DEFAULTS
        .withMetadata(headers)
        .withTimeout(Duration.ofMillis(request.getTimeoutMs()))
        .withCompression(request.getCompression() == Compression.COMPRESSION_GZIP)
        .withMaxInboundMessageBytes(request.getMessageReceiveLimit());
  }

  ClientResponseResult run() throws Exception {
    if (method.method().type().hasSingleResponse()) {
      Future<Resp> response = call.response();
      sendAll(null);
      if (settled(response)) {
        report(response.result());
      }
    } else {
      Responses<Resp> responses = new Responses<>(call.responses());
      sendAll(responses);
      while (read(responses)) {
        // Each response is reported as it comes.
      }
    }
    reportEnd();
    return result.build();
  }

  /** Sends the requests and, in full duplex, reads a response after each. */
  private void sendAll(@Nullable Responses<Resp> responses) throws Exception {
    List<Any> requests = request.getRequestMessagesList();
    if (method.method().type().hasSingleRequest()) {
      call.sendLast(requests.get(0).unpack(method.request()));
      cancelAfterClose();
      return;
    }
    boolean fullDuplex = request.getStreamType() == StreamType.STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM;
    call.sendHeaders();
    for (int i = 0; i < requests.size(); i++) {
      pause(request.getRequestDelayMs());
      if (!settled(call.send(requests.get(i).unpack(method.request())))) {
        result.setNumUnsentRequests(requests.size() - i);
        return;
      }
      if (fullDuplex && responses != null && !read(responses)) {
        result.setNumUnsentRequests(requests.size() - i - 1);
        return;
      }
    }
    if (request.hasCancel() && request.getCancel().hasBeforeCloseSend()) {
      call.cancel();
    }
    call.halfClose();
    cancelAfterClose();
  }

  private void cancelAfterClose() throws TimeoutException {
    Cancel cancel = request.getCancel();
    if (request.hasCancel() && !cancel.hasBeforeCloseSend() && !cancel.hasAfterNumResponses()) {
      pause(cancel.getAfterCloseSendMs());
      call.cancel();
    }
  }

  /** Reads one response; false if there are no more. */
  private boolean read(Responses<Resp> responses) throws Exception {
    Optional<Resp> response = responses.next();
    response.ifPresent(this::report);
    if (result.getPayloadsCount() == request.getCancel().getAfterNumResponses()) {
      call.cancel();
    }
    return response.isPresent();
  }

  private void report(Resp response) {
    result.addPayloads(method.payload().apply(response));
  }

  private void reportEnd() throws TimeoutException {
    Future<Metadata> trailers = call.trailers();
    if (settled(trailers)) {
      result.addAllResponseTrailers(HeaderLists.of(trailers.result()));
    } else if (trailers.cause() instanceof StatusException failure) {
      result.setError(error(failure));
      result.addAllResponseTrailers(HeaderLists.of(failure.trailers()));
    }
    if (call.headers().succeeded()) {
      result.addAllResponseHeaders(HeaderLists.of(call.headers().result()));
    }
  }

  private static Error error(StatusException failure) {
    Error.Builder error = Error.newBuilder()
        .setCodeValue(failure.code().code)
        .setMessage(failure.status().description());
    com.google.rpc.Status details = RichStatus.of(failure);
    if (details != null) {
      error.addAllDetails(details.getDetailsList());
    }
    return error.build();
  }

  private void pause(int millis) throws TimeoutException {
    if (millis > 0) {
      settled(vertx.timer(millis, TimeUnit.MILLISECONDS));
    }
  }

  /** Waits for a future; true if it succeeded. */
  private static boolean settled(Future<?> future) throws TimeoutException {
    return future
        .transform(outcome -> Future.succeededFuture(outcome.succeeded()))
        .await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
