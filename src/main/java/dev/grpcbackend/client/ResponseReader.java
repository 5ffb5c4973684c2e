package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MessageDeframer;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.StatusHeaders;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of an attempt: checks the head of the response, finds the messages and the
 * status. Nothing the server sends leaves the attempt without an end. Used on the call's context only.
 */
final class ResponseReader<Resp> {

  private static final String GRPC = "application/grpc";
  private static final int MAX_DISCARDED_BYTES = 64 * 1024;

  private final Attempt<?, Resp> attempt;
  private final Marshaller<Resp> marshaller;
  private final ResponseQueue<Resp> queue;
  private final int maxMessageBytes;
  private @Nullable HttpClientResponse http;
  private @Nullable MessageDeframer deframer;
  /** The status in the head; counts unless messages follow, or trailers that have one. */
  private @Nullable Status headStatus;
  /** The status for an HTTP error; counts unless trailers have one. */
  private @Nullable Status httpFailure;

  private @Nullable Outcome outcome;
  private boolean dataSeen;
  private boolean ended;
  private int discardedBytes;
  private boolean paused;
  private boolean draining;

  private record Outcome(Status status, Metadata trailers) {}

  ResponseReader(
      Attempt<?, Resp> attempt,
      Marshaller<Resp> marshaller,
      ResponseQueue<Resp> queue,
      int maxMessageBytes) {
    this.attempt = attempt;
    this.marshaller = marshaller;
    this.queue = queue;
    this.maxMessageBytes = maxMessageBytes;
  }

  void onHead(HttpClientResponse response) {
    http = response;
    response.exceptionHandler(attempt::onBroken);
    response.handler(this::onData);
    response.endHandler(end -> onEnd(response));
    guarded(() -> readHead(response));
  }

  /** Whether the server has ended its side of the stream. */
  boolean isEnded() {
    return ended;
  }

  private void readHead(HttpClientResponse response) {
    MultiMap headers = response.headers();
    int httpStatus = response.statusCode();
    String contentType = headers.get(GrpcHeaders.CONTENT_TYPE);
    headStatus = StatusHeaders.read(headers);
    String subtype = subtype(contentType);
    if (subtype == null) {
      Status status = headStatus;
      if (status == null) {
        throw TransportStatus.http(httpStatus, contentType).asException();
      }
      end(new Outcome(status, trailers(headers, status)));
    } else if (!subtype.isEmpty() && !subtype.equals("proto")) {
      throw Status.INTERNAL
          .withDescription("content-type " + contentType + " (expected: application/grpc)")
          .asException();
    } else if (httpStatus != 200) {
      httpFailure = TransportStatus.http(httpStatus, contentType);
    } else if (headStatus == null) {
      open(headers);
    }
  }

  /** Takes the head as that of a response with messages. */
  private void open(MultiMap headers) {
    String encoding = headers.get(GrpcHeaders.GRPC_ENCODING);
    boolean gzip = GrpcHeaders.GZIP.contentEquals(encoding == null ? "" : encoding);
    if (encoding != null && !gzip && !GrpcHeaders.IDENTITY.contentEquals(encoding)) {
      throw Status.INTERNAL
          .withDescription("grpc-encoding: " + encoding + " (expected: identity, gzip)")
          .asException();
    }
    deframer = new MessageDeframer(maxMessageBytes, gzip);
    attempt.onHeaders(MetadataHeaders.read(headers));
  }

  private void onData(Buffer data) {
    dataSeen = true;
    if (attempt.isOver()) {
      return;
    }
    guarded(() -> {
      HttpClientResponse response = http;
      if (httpFailure != null) {
        discardedBytes += data.length();
        if (discardedBytes > MAX_DISCARDED_BYTES) {
          throw httpFailure.asException();
        }
        return;
      }
      if (deframer == null && response != null) {
        // A status in the head and yet a body: the head of an ordinary response after all.
        open(response.headers());
      }
      if (deframer != null && data.length() > 0) {
        deframer.add(data);
        drain();
      }
    });
  }

  private void onEnd(HttpClientResponse response) {
    ended = true;
    if (attempt.isOver()) {
      return;
    }
    guarded(() -> {
      MultiMap trailers = response.trailers();
      Status status = trailers.isEmpty() ? null : StatusHeaders.read(trailers);
      if (status != null) {
        end(new Outcome(status, trailers(trailers, status)));
      } else if (headStatus != null && (!dataSeen || httpFailure != null)) {
        MultiMap of = trailers.isEmpty() && !dataSeen ? response.headers() : trailers;
        end(new Outcome(headStatus, trailers(of, headStatus)));
      } else if (httpFailure != null) {
        throw httpFailure.asException();
      } else if (!trailers.isEmpty() || !dataSeen) {
        throw Status.UNKNOWN.withDescription("response without grpc-status").asException();
      } else {
        throw Status.INTERNAL.withDescription("response ended without trailers").asException();
      }
    });
  }

  private void end(Outcome end) {
    outcome = end;
    attempt.onStatusKnown();
    drain();
  }

  /** Decodes what is wanted; to be called when there are more bytes or there is more demand. */
  void drain() {
    if (draining || attempt.isOver()) {
      // A handler that asks for more from within is served by the loop it was called from.
      return;
    }
    draining = true;
    guarded(this::decodeWanted);
    draining = false;
  }

  private void decodeWanted() {
    MessageDeframer messages = deframer;
    if (messages != null) {
      while (!attempt.isOver() && queue.wantsMessage()) {
        Resp message = messages.next(marshaller);
        if (message == null) {
          break;
        }
        attempt.onMessageDecoded(messages);
        queue.onMessage(message);
      }
      if (attempt.isOver()) {
        return;
      }
    }
    boolean bytesLeft = messages != null && messages.isMidMessage();
    Outcome end = outcome;
    if (end != null && (!bytesLeft || queue.wantsMessage())) {
      finish(end, bytesLeft);
    } else if (end == null) {
      regulate(bytesLeft && !queue.wantsMessage());
    }
  }

  private void finish(Outcome end, boolean bytesLeft) {
    Status status = end.status;
    if (status.isOk() && bytesLeft) {
      status = Status.INTERNAL.withDescription("response ended inside a message");
    } else if (status.isOk()) {
      status = queue.checkedEnd();
    }
    attempt.end(status, end.trailers);
  }

  /** Stops the server by flow control while nobody wants what has already arrived. */
  private void regulate(boolean stop) {
    HttpClientResponse response = http;
    if (response != null && stop != paused) {
      paused = stop;
      if (stop) {
        response.pause();
      } else {
        response.resume();
      }
    }
  }

  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (StatusException violation) {
      attempt.end(violation.status(), violation.trailers());
    }
  }

  private static Metadata trailers(MultiMap headers, Status status) {
    String details = headers.get(GrpcHeaders.GRPC_STATUS_DETAILS);
    if (details != null && !StatusDetails.isIntact(details)) {
      headers.remove(GrpcHeaders.GRPC_STATUS_DETAILS);
    }
    try {
      return MetadataHeaders.read(headers);
    } catch (StatusException malformed) {
      if (status.isOk()) {
        throw malformed;
      }
      // The server's own failure says more than that of its metadata.
      return Metadata.EMPTY;
    }
  }

  /** Returns what follows {@code application/grpc}, without parameters; null for another type. */
  private static @Nullable String subtype(@Nullable String contentType) {
    if (contentType == null || !contentType.regionMatches(true, 0, GRPC, 0, GRPC.length())) {
      return null;
    }
    int semicolon = contentType.indexOf(';');
    String rest = contentType
        .substring(GRPC.length(), semicolon < 0 ? contentType.length() : semicolon)
        .strip()
        .toLowerCase(Locale.ROOT);
    if (rest.isEmpty()) {
      return rest;
    }
    return rest.charAt(0) == '+' ? rest.substring(1) : null;
  }
}
