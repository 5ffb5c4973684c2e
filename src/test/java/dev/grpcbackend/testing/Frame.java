package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;

/**
 * One HTTP/2 frame that was received. CONTINUATION frames are joined to the HEADERS before them.
 *
 * @param fields the decoded header block of HEADERS, else empty
 */
public record Frame(int type, int flags, int streamId, ByteString payload, List<Field> fields) {

  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;

  /** On HEADERS and DATA. */
  public static final int END_STREAM = 1;

  /** On SETTINGS and PING. */
  public static final int ACK = 1;

  /** On HEADERS and CONTINUATION. */
  public static final int END_HEADERS = 4;

  private static final List<String> TYPES = List.of(
      "DATA",
      "HEADERS",
      "PRIORITY",
      "RST_STREAM",
      "SETTINGS",
      "PUSH_PROMISE",
      "PING",
      "GOAWAY",
      "WINDOW_UPDATE");

  /** Whether the sender is done with the stream. */
  public boolean endsStream() {
    return (type == DATA || type == HEADERS) && has(END_STREAM);
  }

  /** Whether a flag is set. */
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** Returns four bytes of the payload: the code of RST_STREAM, the last stream of GOAWAY. */
  public int integer(int offset) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      value = value << 8 | (payload.byteAt(offset + i) & 0xFF);
    }
    return value;
  }

  /** Returns the value of a field of this header block. */
  public Optional<String> field(String name) {
    return fields.stream().filter(f -> f.name().equals(name)).map(Field::value).findFirst();
  }

  @Override
  public String toString() {
    String what = type < TYPES.size() ? TYPES.get(type) : "type " + type;
    String end = endsStream() ? " END_STREAM" : "";
    String rest = switch (type) {
      case HEADERS -> fields.toString();
      case RST_STREAM -> "code " + integer(0);
      case GOAWAY ->
        "last " + integer(0) + " code " + integer(4) + " "
            + payload.substring(8).toStringUtf8();
      default -> payload.size() + " bytes";
    };
    return what + end + " on " + streamId + " " + rest;
  }
}
