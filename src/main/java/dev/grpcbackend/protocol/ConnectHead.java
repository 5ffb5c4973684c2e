package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MetadataHeaders;
import io.vertx.core.MultiMap;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the headers of a Connect request say, found in one pass over them. */
final class ConnectHead {

  /** Connect protocol, Timeout-Milliseconds. */
  private static final int MAX_TIMEOUT_DIGITS = 10;

  private final String encodingName;
  private final String acceptName;
  private int metadataBytes;
  private int hosts;
  private boolean malformed;
  private long timeoutNanos = RequestHead.NO_TIMEOUT;
  private long contentLength;
  private boolean chunked;
  private boolean gzip;
  private @Nullable Boolean acceptsGzip;
  private @Nullable Status refusal;

  private ConnectHead(String encodingName, String acceptName) {
    this.encodingName = encodingName;
    this.acceptName = acceptName;
  }

  /** Reads the headers of a unary call, whose body is compressed as any HTTP body is. */
  static ConnectHead ofUnary(MultiMap headers) {
    return new ConnectHead("content-encoding", "accept-encoding").read(headers);
  }

  /** Reads the headers of a streaming call, whose messages are compressed one by one. */
  static ConnectHead ofStream(MultiMap headers) {
    return new ConnectHead("connect-content-encoding", "connect-accept-encoding").read(headers);
  }

  int metadataBytes() {
    return metadataBytes;
  }

  /** Whether there are several hosts, so that nobody knows whom the request is for. */
  boolean hasManyHosts() {
    return hosts > 1;
  }

  /** Whether HTTP/2 itself forbids a header that is there (RFC 9113, section 8.2.2). */
  boolean isMalformed() {
    return malformed;
  }

  /** Returns the caller's timeout, or {@link RequestHead#NO_TIMEOUT}. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  /** Returns the length of the body as far as the head says it. */
  long contentLength() {
    return contentLength;
  }

  /** Whether the head says that there is a body. */
  boolean hasBody() {
    return contentLength > 0 || chunked;
  }

  /** Whether compressed request messages are gzip; otherwise there may be none. */
  boolean gzip() {
    return gzip;
  }

  /** Whether the response may be gzip: the caller says so, or compresses the request so. */
  boolean acceptsGzip() {
    return acceptsGzip == null ? gzip : acceptsGzip;
  }

  /** Returns the status that the headers earn, or null if all is well. */
  @Nullable
  Status refusal() {
    return refusal;
  }

  /** Takes the compression of the request from a header, or from the query of a GET. */
  void takeEncoding(String name, String value) {
    if (value.equals("gzip")) {
      gzip = true;
    } else if (!value.equals("identity") && !value.isEmpty()) {
      refuse(Status.UNIMPLEMENTED.withDescription(
          name + " is not supported (expected: gzip or identity)"));
    }
  }

  private ConnectHead read(MultiMap headers) {
    for (Map.Entry<String, String> header : headers) {
      take(header.getKey(), header.getValue());
    }
    return this;
  }

  private void take(String name, String value) {
    metadataBytes += MetadataHeaders.cost(name, value);
    switch (name) {
      case "connect-timeout-ms" -> takeTimeout(value);
      case "connect-protocol-version" -> takeVersion(value);
      case "content-length" -> contentLength = length(value);
      case "transfer-encoding" -> chunked = true;
      case "host" -> hosts++;
      case "te" -> malformed |= !value.equals("trailers");
      case "connection" -> malformed = true;
      default -> takeOther(name, value);
    }
  }

  private void takeOther(String name, String value) {
    if (name.equals(encodingName)) {
      takeEncoding(name, value);
    } else if (name.equals(acceptName)) {
      acceptsGzip = prefersGzip(value);
    } else if (MetadataHeaders.isBinary(name) && MetadataHeaders.isUserName(name)) {
      checkBinary(name, value);
    }
  }

  private void takeVersion(String value) {
    if (!value.equals("1")) {
      refuse(Status.INVALID_ARGUMENT.withDescription(
          "connect-protocol-version is not supported (expected: 1)"));
    }
  }

  private void takeTimeout(String value) {
    boolean digits = !value.isEmpty()
        && value.length() <= MAX_TIMEOUT_DIGITS
        && value.chars().allMatch(c -> c >= '0' && c <= '9');
    if (digits && timeoutNanos == RequestHead.NO_TIMEOUT) {
      timeoutNanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(value));
    } else {
      refuse(Status.INVALID_ARGUMENT.withDescription(
          "malformed connect-timeout-ms (expected: 1 to 10 digits)"));
    }
  }

  private void checkBinary(String name, String value) {
    try {
      for (String part : value.split(",", -1)) {
        MetadataHeaders.decode(name, part);
      }
    } catch (StatusException notBase64) {
      refuse(new Status(GrpcStatus.INVALID_ARGUMENT, notBase64.status().description()));
    }
  }

  private void refuse(Status status) {
    if (refusal == null) {
      refusal = status;
    }
  }

  /** The first of the two that the list has is what the caller likes better. */
  private static boolean prefersGzip(String value) {
    for (String item : value.split(",", -1)) {
      int parameters = item.indexOf(';');
      String coding = (parameters < 0 ? item : item.substring(0, parameters)).strip();
      String weight = parameters < 0 ? "" : item.substring(parameters + 1).strip();
      if (coding.equals("gzip")) {
        return !weight.matches("q=0(\\.0*)?");
      }
      if (coding.equals("identity")) {
        return false;
      }
    }
    return false;
  }

  private static long length(String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException malformed) {
      // The HTTP layer has refused what matters.
      return 0;
    }
  }
}
