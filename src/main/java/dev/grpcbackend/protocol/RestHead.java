package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.TimeoutHeader;
import io.vertx.core.MultiMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the headers of a REST request say, found in one pass over them. */
final class RestHead {

  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";

  private int metadataBytes;
  private int hosts;
  private long contentLength;
  private long timeoutNanos = RequestHead.NO_TIMEOUT;
  private @Nullable String contentType;
  private @Nullable String contentEncoding;
  private boolean acceptsEvents;
  private @Nullable Status refusal;

  private RestHead() {}

  static RestHead read(MultiMap headers) {
    RestHead head = new RestHead();
    for (Map.Entry<String, String> header : headers) {
      head.take(header.getKey(), header.getValue());
    }
    return head;
  }

  int metadataBytes() {
    return metadataBytes;
  }

  /** Returns the caller's timeout, or {@link RequestHead#NO_TIMEOUT}. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  /** Returns the length that the body is said to have; 0 if nothing is said. */
  long contentLength() {
    return contentLength;
  }

  /** Returns the content type as it was sent, empty if there is none. */
  String contentType() {
    return contentType == null ? "" : contentType;
  }

  /** Whether the body is JSON in UTF-8: {@code application/json} with no other charset. */
  boolean isJson() {
    String type = contentType();
    if (type.equals(JSON)) {
      return true;
    }
    type = type.toLowerCase(Locale.ROOT);
    String[] parts = type.split(";", -1);
    if (!parts[0].strip().equals(JSON)) {
      return false;
    }
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.startsWith("charset=")) {
        String charset = parameter.substring("charset=".length()).replace("\"", "");
        if (!charset.equals("utf-8")) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns how the body is compressed, null if it is not. */
  @Nullable
  String contentEncoding() {
    return contentEncoding;
  }

  /** Whether the caller wants Server-Sent Events rather than lines. */
  boolean acceptsEvents() {
    return acceptsEvents;
  }

  /** Returns the status that the headers earn, null if all is well. */
  @Nullable
  Status refusal() {
    return hosts > 1 ? Status.INVALID_ARGUMENT.withDescription(Refusals.MANY_HOSTS) : refusal;
  }

  private void take(String name, String value) {
    metadataBytes += MetadataHeaders.cost(name, value);
    switch (name) {
      case "grpc-timeout" -> takeTimeout(value);
      case "content-type" -> contentType = value;
      case "content-length" -> takeLength(value);
      case "content-encoding" ->
        contentEncoding = value.equalsIgnoreCase("identity") ? null : value;
      case "accept" -> acceptsEvents |= value.toLowerCase(Locale.ROOT).contains(EVENTS);
      case "host" -> hosts++;
      default -> {
        if (MetadataHeaders.isBinary(name) && MetadataHeaders.isUserName(name)) {
          checkBinary(name, value);
        }
      }
    }
  }

  private void takeTimeout(String value) {
    long nanos = timeoutNanos == RequestHead.NO_TIMEOUT ? TimeoutHeader.parseNanos(value) : -1;
    if (nanos == TimeoutHeader.MALFORMED) {
      refusal = Status.INVALID_ARGUMENT.withDescription(
          "malformed grpc-timeout (expected: one to eight digits and a unit of H M S m u n)");
    } else {
      timeoutNanos = Math.min(nanos, RequestHead.NO_TIMEOUT - 1);
    }
  }

  private void takeLength(String value) {
    try {
      contentLength = Long.parseLong(value);
    } catch (NumberFormatException malformed) {
      // The HTTP decoder below has refused it, or counts by itself.
      contentLength = 0;
    }
  }

  private void checkBinary(String name, String value) {
    try {
      for (String part : value.split(",", -1)) {
        MetadataHeaders.decode(name, part);
      }
    } catch (StatusException malformed) {
      refusal = Status.INVALID_ARGUMENT.withDescription(malformed.status().description());
    }
  }
}
