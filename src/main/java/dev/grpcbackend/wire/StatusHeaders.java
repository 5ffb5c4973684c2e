package dev.grpcbackend.wire;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.netty.util.AsciiString;
import io.vertx.core.MultiMap;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A status in headers or trailers: {@code grpc-status}, {@code grpc-message} and the user's
 * metadata (PROTOCOL-HTTP2, Responses). The message is UTF-8 with percent-encoding of all bytes
 * outside %x20-%x7E and of {@code %}.
 */
public final class StatusHeaders {

  /** What peers accept unless they say otherwise (PROTOCOL-HTTP2 suggests 8 KiB). */
  private static final int MAX_TRAILER_BYTES = 8 * 1024;

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.binary("grpc-status-details-bin");
  private static final String HEX = "0123456789ABCDEF";
  private static final AsciiString[] CODES = new AsciiString[GrpcStatus.values().length];

  static {
    for (GrpcStatus status : GrpcStatus.values()) {
      CODES[status.code] = AsciiString.cached(status.toString());
    }
  }

  private StatusHeaders() {}

  /** Writes the status and the metadata that goes with it. */
  public static void write(Status status, Metadata trailers, HeaderSink into) {
    into.add(GrpcHeaders.GRPC_STATUS, CODES[status.code().code]);
    if (!status.description().isEmpty()) {
      into.add(GrpcHeaders.GRPC_MESSAGE, encodeMessage(status.description()));
    }
    if (!trailers.isEmpty()) {
      MetadataHeaders.write(fitting(trailers), into);
    }
  }

  /** Returns the trailers without the details, and then without the rest, that make them too large. */
  public static Metadata fitting(Metadata trailers) {
    if (bytes(trailers) <= MAX_TRAILER_BYTES) {
      return trailers;
    }
    Metadata smaller = new Metadata().addAll(trailers).remove(DETAILS);
    return bytes(smaller) <= MAX_TRAILER_BYTES ? smaller : Metadata.EMPTY;
  }

  private static long bytes(Metadata trailers) {
    long[] total = {0};
    trailers.forEach((name, value) -> total[0] += name.length()
        + MetadataHeaders.FIELD_OVERHEAD_BYTES
        + (value instanceof byte[] bytes ? bytes.length * 4L / 3 : ((String) value).length()));
    return total[0];
  }

  /**
   * Returns the status that the headers carry, or null if they have no {@code grpc-status}. A value
   * that is no known code is UNKNOWN, with the value in the description.
   */
  public static @Nullable Status read(MultiMap headers) {
    String value = headers.get(GrpcHeaders.GRPC_STATUS);
    if (value == null) {
      return null;
    }
    String message = headers.get(GrpcHeaders.GRPC_MESSAGE);
    String description = message == null ? "" : decodeMessage(message);
    GrpcStatus code = code(value);
    if (code == null) {
      return Status.UNKNOWN.withDescription("grpc-status: " + value + " (expected: 0 to 16)"
          + (description.isEmpty() ? "" : ": " + description));
    }
    return new Status(code, description);
  }

  /** Returns the text in the form of {@code grpc-message}. */
  public static String encodeMessage(String text) {
    int plain = 0;
    while (plain < text.length() && isPlain(text.charAt(plain))) {
      plain++;
    }
    if (plain == text.length()) {
      return text;
    }
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (isPlain((char) (b & 0xFF))) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HEX.charAt((b >> 4) & 0xF)).append(HEX.charAt(b & 0xF));
      }
    }
    return encoded.toString();
  }

  /** Returns the text of a {@code grpc-message}; broken escapes stay as they are. */
  public static String decodeMessage(String value) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(value.length());
    byte[] raw = value.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < raw.length; i++) {
      int high = raw[i] == '%' && i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
      int low = high >= 0 ? Character.digit(raw[i + 2], 16) : -1;
      if (low >= 0) {
        bytes.write(high << 4 | low);
        i += 2;
      } else {
        bytes.write(raw[i]);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static boolean isPlain(char c) {
    return c >= ' ' && c <= '~' && c != '%';
  }

  private static @Nullable GrpcStatus code(String value) {
    if (value.isEmpty() || value.length() > 2) {
      return null;
    }
    int code = 0;
    for (int i = 0; i < value.length(); i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return null;
      }
      code = code * 10 + digit;
    }
    return GrpcStatus.valueOf(code);
  }
}
