package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Percent-decoding of paths and queries (RFC 3986, section 2.1), which guesses nothing: a broken
 * escape, what is no UTF-8, NUL, and characters that a URL cannot have are INVALID_ARGUMENT.
 */
final class PercentText {

  private PercentText() {}

  /**
   * Returns a path segment with all escapes decoded.
   *
   * @throws StatusException INVALID_ARGUMENT
   */
  static String segment(String text) {
    return decode(text, false, false);
  }

  /**
   * Returns a segment of a longer value, in which {@code %2F} stays what it is: it is no separator.
   *
   * @throws StatusException INVALID_ARGUMENT
   */
  static String segmentOfMany(String text) {
    return decode(text, false, true);
  }

  /**
   * Returns a name or value of a query, in which {@code +} is a space.
   *
   * @throws StatusException INVALID_ARGUMENT
   */
  static String query(String text) {
    return decode(text, true, false);
  }

  private static String decode(String text, boolean plusIsSpace, boolean keepSlash) {
    if (isPlain(text, plusIsSpace)) {
      return text;
    }
    byte[] bytes = new byte[text.length()];
    int size = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '+' && plusIsSpace) {
        bytes[size++] = ' ';
      } else if (c != '%') {
        bytes[size++] = (byte) c;
      } else {
        int value = escape(text, i);
        if (keepSlash && value == '/') {
          bytes[size++] = '%';
        } else {
          bytes[size++] = (byte) value;
          i += 2;
        }
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, size))
          .toString();
    } catch (CharacterCodingException invalid) {
      throw malformed(text, "UTF-8");
    }
  }

  private static int escape(String text, int at) {
    int high = at + 2 < text.length() ? Character.digit(text.charAt(at + 1), 16) : -1;
    int low = high < 0 ? -1 : Character.digit(text.charAt(at + 2), 16);
    if (low < 0) {
      throw malformed(text, "two hexadecimal digits after each %");
    }
    int value = high << 4 | low;
    if (value == 0) {
      throw malformed(text, "no %00");
    }
    return value;
  }

  private static boolean isPlain(String text, boolean plusIsSpace) {
    boolean plain = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c > '~' || c == '#') {
        throw malformed(text, "printable ASCII without #");
      }
      plain &= c != '%' && !(c == '+' && plusIsSpace);
    }
    return plain;
  }

  private static StatusException malformed(String text, String expected) {
    return Status.INVALID_ARGUMENT
        .withDescription(
            "malformed URL: " + FieldText.shown(text) + " (expected: " + expected + ")")
        .asException();
  }
}
