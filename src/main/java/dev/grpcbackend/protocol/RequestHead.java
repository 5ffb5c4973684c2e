package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.TimeoutHeader;
import io.vertx.core.MultiMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the headers of a gRPC request say, found in one pass over them. */
final class RequestHead {

  static final long NO_TIMEOUT = Long.MAX_VALUE;

  private int metadataBytes;
  private long timeoutNanos = NO_TIMEOUT;
  private boolean gzip;
  private boolean acceptsGzip;
  private boolean malformed;
  private String contentType = "";
  private int hosts;
  private @Nullable Status refusal;

  private RequestHead() {}

  static RequestHead read(MultiMap headers) {
    RequestHead head = new RequestHead();
    for (Map.Entry<String, String> header : headers) {
      head.take(header.getKey(), header.getValue());
    }
    return head;
  }

  int metadataBytes() {
    return metadataBytes;
  }

  /** Returns the caller's timeout, or {@link #NO_TIMEOUT}. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  /** Whether compressed request messages are gzip; otherwise there may be none. */
  boolean gzip() {
    return gzip;
  }

  boolean acceptsGzip() {
    return acceptsGzip;
  }

  /** Returns the content type as it was sent, empty if there is none. */
  String contentType() {
    return contentType;
  }

  /** Whether there are several hosts, so that nobody knows whom the request is for. */
  boolean hasManyHosts() {
    return hosts > 1;
  }

  /** Whether HTTP/2 itself forbids a header that is there (RFC 9113, section 8.2.2). */
  boolean isMalformed() {
    return malformed;
  }

  /** Returns the status that the headers earn, or null if all is well. */
  @Nullable
  Status refusal() {
    return refusal;
  }

  private void take(String name, String value) {
    metadataBytes += MetadataHeaders.cost(name, value);
    switch (name) {
      case "grpc-timeout" -> takeTimeout(value);
      case "grpc-encoding" -> takeEncoding(value);
      case "grpc-accept-encoding" -> acceptsGzip |= lists(value, "gzip");
      case "content-type" -> contentType = value;
      case "host" -> hosts++;
      case "te" -> malformed |= !value.equals("trailers");
      case "connection" -> malformed = true;
      default -> {
        if (MetadataHeaders.isBinary(name) && MetadataHeaders.isUserName(name)) {
          checkBinary(name, value);
        }
      }
    }
  }

  private void takeTimeout(String value) {
    long nanos = timeoutNanos == NO_TIMEOUT ? TimeoutHeader.parseNanos(value) : -1;
    if (nanos == TimeoutHeader.MALFORMED) {
      refuse(Status.INTERNAL.withDescription("malformed grpc-timeout"));
    } else {
      // NO_TIMEOUT is also what the largest values saturate to; one nanosecond less is a timeout.
      timeoutNanos = Math.min(nanos, NO_TIMEOUT - 1);
    }
  }

  private void takeEncoding(String value) {
    if (value.equals("gzip")) {
      gzip = true;
    } else if (!value.equals("identity")) {
      refuse(Status.UNIMPLEMENTED.withDescription(
          "grpc-encoding is not supported (expected: gzip or identity)"));
    }
  }

  private void checkBinary(String name, String value) {
    try {
      for (String part : value.split(",", -1)) {
        MetadataHeaders.decode(name, part);
      }
    } catch (StatusException malformed) {
      refuse(malformed.status());
    }
  }

  private void refuse(Status status) {
    if (refusal == null) {
      refusal = status;
    }
  }

  private static boolean lists(String value, String item) {
    if (value.equals(item)) {
      return true;
    }
    int from = 0;
    while (from < value.length()) {
      int comma = value.indexOf(',', from);
      int to = comma < 0 ? value.length() : comma;
      if (value.substring(from, to).strip().equals(item)) {
        return true;
      }
      from = to + 1;
    }
    return false;
  }
}
