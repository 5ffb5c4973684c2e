package dev.grpcbackend.wire;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.MultiMap;
import java.util.Base64;
import java.util.Map;
import java.util.Set;

/**
 * Metadata in HTTP headers (PROTOCOL-HTTP2, Custom-Metadata): values of {@code -bin} names are
 * base64, written without padding, read with or without; several may be joined by commas.
 */
public final class MetadataHeaders {

  /** RFC 9113, section 6.5.2: what a field costs beside its name and value. */
  static final int FIELD_OVERHEAD_BYTES = 32;

  /** Bounded by those who check it, so that a long token is known to be one. */
  private static final String CREDENTIALS = "authorization";

  private static final String BINARY_SUFFIX = "-bin";
  private static final String RESERVED_PREFIX = "grpc-";

  /** Of the reserved names, those that users may see or send (gRFC A6; status.proto). */
  private static final Set<String> OPEN_RESERVED =
      Set.of("grpc-previous-rpc-attempts", "grpc-retry-pushback-ms", "grpc-status-details-bin");

  private static final Set<String> OF_HTTP = Set.of(
      "content-type",
      "content-length",
      "te",
      "host",
      "connection",
      "transfer-encoding",
      "accept-encoding",
      "trailer");

  private static final Base64.Encoder ENCODER = Base64.getEncoder().withoutPadding();

  private MetadataHeaders() {}

  /**
   * Returns the metadata among {@code headers}: all that belongs neither to HTTP nor to gRPC.
   *
   * @throws StatusException INTERNAL if a {@code -bin} value is not base64
   */
  public static Metadata read(MultiMap headers) {
    Metadata metadata = new Metadata();
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey();
      if (isUserName(name)) {
        addTo(metadata, name, header.getValue());
      }
    }
    return metadata;
  }

  /** Adds every entry to {@code headers}; what belongs to HTTP or gRPC is left out. */
  public static void write(Metadata metadata, HeaderSink headers) {
    metadata.forEach((name, value) -> {
      if (isUserName(name)) {
        headers.add(name, value instanceof byte[] bytes ? encode(bytes) : (String) value);
      }
    });
  }

  /** Returns what a header counts for where metadata is bounded; credentials count for nothing. */
  public static int cost(String name, String value) {
    return name.equals(CREDENTIALS) ? 0 : name.length() + value.length() + FIELD_OVERHEAD_BYTES;
  }

  /** Whether a header of this name is metadata. */
  public static boolean isUserName(String name) {
    if (name.startsWith(RESERVED_PREFIX)) {
      return OPEN_RESERVED.contains(name);
    }
    return !OF_HTTP.contains(name) && Metadata.Key.isName(name);
  }

  /** Whether a header of this name has base64 values. */
  public static boolean isBinary(String name) {
    return name.endsWith(BINARY_SUFFIX);
  }

  /** Returns the base64 form of a binary value. */
  public static String encode(byte[] value) {
    return ENCODER.encodeToString(value);
  }

  /**
   * Returns one value of a {@code -bin} header.
   *
   * @throws StatusException INTERNAL if it is not base64
   */
  public static byte[] decode(String name, String value) {
    try {
      return Base64.getDecoder().decode(value.strip());
    } catch (IllegalArgumentException malformed) {
      throw Status.INTERNAL
          .withDescription("metadata " + name + " is not base64")
          .asException();
    }
  }

  /**
   * Adds a header that is metadata; a value that is not printable is left out.
   *
   * @throws StatusException INTERNAL if the value of a {@code -bin} name is not base64
   */
  public static void addTo(Metadata metadata, String name, String value) {
    if (isBinary(name)) {
      Metadata.Key<byte[]> key = Metadata.Key.binary(name);
      for (String part : value.split(",", -1)) {
        metadata.add(key, decode(name, part));
      }
    } else if (isPrintable(value)) {
      metadata.add(Metadata.Key.ascii(name), value);
    }
  }

  private static boolean isPrintable(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }
}
