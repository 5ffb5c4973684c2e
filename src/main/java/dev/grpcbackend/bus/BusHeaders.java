package dev.grpcbackend.bus;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.TimeoutHeader;
import io.vertx.core.MultiMap;
import io.vertx.core.eventbus.DeliveryOptions;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of messages are called: as in Vert.x's own transport of gRPC by the event bus
 * (vertx-grpc-eventbus of Vert.x 5.1), so that its clients are understood.
 */
final class BusHeaders {

  /** The method: its name, or {@code service/method}. */
  static final String ACTION = "action";

  /** {@value #PROTO} or {@value #JSON}. */
  static final String WIRE_FORMAT = "grpc-wire-format";

  /** The deadline of the call, as in a request of gRPC (PROTOCOL-HTTP2.md). */
  static final String TIMEOUT = "grpc-timeout";

  /** Where the client takes the frames of its streams: a request with it opens one. */
  static final String CLIENT_ADDRESS = "grpc-client-address";

  /** Where the other side of a stream takes them. */
  static final String SERVER_ADDRESS = "grpc-server-address";

  /** The number of a stream, which its client has chosen. */
  static final String STREAM_ID = "grpc-stream-id";

  /** How many messages a client may send before it is granted more. */
  static final String INITIAL_WINDOW = "grpc-initial-window";

  /** After how many milliseconds without a ping a client is taken to be gone. */
  static final String PING_TIMEOUT = "grpc-ping-timeout";

  /** Who asks by a ping, and wants to be answered. */
  static final String REMOTE_ADDRESS = "grpc-remote-endpoint-address";

  static final String PROTO = "proto";
  static final String JSON = "json";

  /** What stands before the names of metadata, and of what comes behind a response. */
  static final String METADATA = "__header__.";

  static final String TRAILERS = "__trailer__.";

  private BusHeaders() {}

  /**
   * Returns the metadata of a message.
   *
   * @throws StatusException INTERNAL if a value of a {@code -bin} name is not base64
   */
  static Metadata metadata(MultiMap headers) {
    MultiMap plain = MultiMap.caseInsensitiveMultiMap();
    for (Map.Entry<String, String> header : headers) {
      if (header.getKey().startsWith(METADATA)) {
        plain.add(header.getKey().substring(METADATA.length()), header.getValue());
      }
    }
    return MetadataHeaders.read(plain);
  }

  /** Adds metadata to the headers of a message. */
  static void write(Metadata metadata, String prefix, DeliveryOptions into) {
    MetadataHeaders.write(
        metadata, (name, value) -> into.addHeader(prefix + name, value.toString()));
  }

  /**
   * Returns the time that a call has, or {@code otherwise} if the headers do not say.
   *
   * @throws StatusException INVALID_ARGUMENT if the header is none
   */
  static @Nullable Duration timeout(MultiMap headers, @Nullable Duration otherwise) {
    String value = headers.get(TIMEOUT);
    if (value == null) {
      return otherwise;
    }
    long nanos = TimeoutHeader.parseNanos(value);
    if (nanos == TimeoutHeader.MALFORMED) {
      throw invalid(TIMEOUT, value, "digits and one of H M S m u n, such as 500m");
    }
    return Duration.ofNanos(nanos);
  }

  /**
   * Whether the messages of a call are JSON: as the header says, else as the body is.
   *
   * @throws StatusException INVALID_ARGUMENT if it is neither of the two formats
   */
  static boolean isJson(MultiMap headers, boolean bodyIsJson) {
    @Nullable String format = headers.get(WIRE_FORMAT);
    if (format == null) {
      return bodyIsJson;
    }
    if (format.equalsIgnoreCase(JSON)) {
      return true;
    }
    // The name that the format had first.
    if (format.equalsIgnoreCase(PROTO) || format.equalsIgnoreCase("protobuf")) {
      return false;
    }
    throw invalid(WIRE_FORMAT, format, PROTO + " or " + JSON);
  }

  static StatusException invalid(String header, @Nullable String value, String expected) {
    return Status.INVALID_ARGUMENT
        .withDescription("header " + header + ": " + (value == null ? "none" : value)
            + " (expected: " + expected + ")")
        .asException();
  }
}
