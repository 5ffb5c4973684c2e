package dev.grpcbackend.observe;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One line of the call log while it is written: bytes, without a string for each field. What callers
 * send cannot break out of its field: whatever is not plain text is escaped as in JSON, and that is
 * every control character, also those that terminals and readers of right-to-left scripts obey.
 */
final class LogLine {

  /** Longer values are cut; what the log says of them is in the application's hands. */
  static final int MAX_VALUE = 512;

  /** More than a line can have: its fields are few, and a character takes at most six bytes. */
  static final int MAX_BYTES = 16 << 10;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final boolean json;
  private byte[] bytes = {};
  private int size;

  LogLine(boolean json) {
    this.json = json;
  }

  /** Begins a line in these bytes, which have room for {@link #MAX_BYTES} from {@code start} on. */
  void start(byte[] bytes, int start) {
    this.bytes = bytes;
    this.size = start;
  }

  /** Ends the line, and returns where the next one starts. */
  int end() {
    if (json) {
      bytes[size++] = '}';
    }
    bytes[size++] = '\n';
    return size;
  }

  /** Returns a field whose value is the same in many lines, ready to be added. */
  byte[] constant(LogField field, String value) {
    LogLine alone = new LogLine(json);
    alone.start(new byte[MAX_BYTES], 0);
    alone.text(field, value);
    return Arrays.copyOf(alone.bytes, alone.size);
  }

  void add(byte[] constant) {
    System.arraycopy(constant, 0, bytes, size, constant.length);
    size += constant.length;
  }

  void text(LogField field, String value) {
    name(field);
    boolean bare = !json && isPlain(value);
    if (bare) {
      ascii(value);
      return;
    }
    bytes[size++] = '"';
    int length = Math.min(value.length(), MAX_VALUE);
    for (int i = 0; i < length; i++) {
      character(value, i, value.charAt(i));
    }
    if (length < value.length()) {
      ascii("...");
    }
    bytes[size++] = '"';
  }

  void number(LogField field, long value) {
    name(field);
    digits(value);
  }

  /** Adds milliseconds with three more digits. */
  void millis(LogField field, long nanos) {
    name(field);
    long micros = Math.max(0, nanos) / 1_000;
    digits(micros / 1_000);
    bytes[size++] = '.';
    threeDigits((int) (micros % 1_000));
  }

  /** Adds a time whose first part is the same for a second. */
  void time(byte[] second, int millis) {
    name(LogField.TIME);
    if (json) {
      bytes[size++] = '"';
    }
    System.arraycopy(second, 0, bytes, size, second.length);
    size += second.length;
    bytes[size++] = '.';
    threeDigits(millis);
    bytes[size++] = 'Z';
    if (json) {
      bytes[size++] = '"';
    }
  }

  void flag(LogField field) {
    name(field);
    ascii("true");
  }

  private void name(LogField field) {
    add(field.name(json));
  }

  @SuppressWarnings("deprecation") // copies the low bytes, which is right for ASCII and quick
  private void ascii(String text) {
    text.getBytes(0, text.length(), bytes, size);
    size += text.length();
  }

  private void digits(long value) {
    if (value >= 0 && value < 10) {
      bytes[size++] = (byte) ('0' + value);
    } else if (value >= 0 && value < 1_000_000_000) {
      smallDigits((int) value);
    } else {
      ascii(Long.toString(value));
    }
  }

  private void smallDigits(int value) {
    int end = size + 1;
    for (int power = 10; power <= value && end < size + 9; power *= 10) {
      end++;
    }
    int rest = value;
    for (int i = end - 1; i >= size; i--) {
      int tenth = rest / 10;
      bytes[i] = (byte) ('0' + rest - tenth * 10);
      rest = tenth;
    }
    size = end;
  }

  private void threeDigits(int value) {
    bytes[size++] = (byte) ('0' + value / 100);
    bytes[size++] = (byte) ('0' + value / 10 % 10);
    bytes[size++] = (byte) ('0' + value % 10);
  }

  private void character(String text, int index, char c) {
    if (c == '"' || c == '\\') {
      bytes[size++] = '\\';
      bytes[size++] = (byte) c;
    } else if (c >= ' ' && c < 0x7F) {
      bytes[size++] = (byte) c;
    } else if (isControl(c) || isHalf(text, index, c)) {
      bytes[size++] = '\\';
      bytes[size++] = 'u';
      for (int shift = 12; shift >= 0; shift -= 4) {
        bytes[size++] = HEX[c >> shift & 0xF];
      }
    } else if (!Character.isHighSurrogate(c)) {
      int start = Character.isLowSurrogate(c) ? index - 1 : index;
      for (byte b : text.substring(start, index + 1).getBytes(StandardCharsets.UTF_8)) {
        bytes[size++] = b;
      }
    }
  }

  /** C0, DEL, C1, the separators of lines, and what changes the direction of the text around it. */
  private static boolean isControl(char c) {
    return c < ' '
        || (c >= 0x7F && c < 0xA0)
        || c == 0x061C
        || (c >= 0x200B && c <= 0x200F)
        || (c >= 0x2028 && c <= 0x202E)
        || (c >= 0x2060 && c <= 0x206F)
        || c == 0xFEFF;
  }

  /** Whether this is a surrogate without its other half, or one whose other half is cut off. */
  private static boolean isHalf(String text, int index, char c) {
    if (Character.isHighSurrogate(c)) {
      return index + 1 >= Math.min(text.length(), MAX_VALUE)
          || !Character.isLowSurrogate(text.charAt(index + 1));
    }
    return Character.isLowSurrogate(c)
        && (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1)));
  }

  /** Whether a value needs no quotes in text. */
  private static boolean isPlain(String value) {
    if (value.isEmpty() || value.length() > MAX_VALUE) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '-' && c <= ':')
          || c == '_'
          || c == '['
          || c == ']';
      if (!plain) {
        return false;
      }
    }
    return true;
  }
}
