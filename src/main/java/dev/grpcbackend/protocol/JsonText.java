package dev.grpcbackend.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * A cursor over the bytes of one JSON text: UTF-8 without a byte order mark, RFC 8259 to the letter,
 * at most {@value #MAX_DEPTH} levels deep. The caller asks for the token that it wants; another one
 * is a {@link JsonException}. Objects and arrays are read by
 *
 * <pre>{@code
 * text.enter('[');
 * for (boolean first = true; text.hasNext(']', first); first = false) {
 *   ... one value
 * }
 * }</pre>
 */
final class JsonText {

  /** What protobuf's own parsers allow messages to nest. */
  static final int MAX_DEPTH = 100;

  private final byte[] bytes;
  private final int start;
  private final int end;
  private int position;
  private int depth;

  JsonText(byte[] bytes, int offset, int length) throws JsonException {
    this.bytes = bytes;
    this.start = offset;
    this.position = offset;
    this.end = offset + length;
    if (length >= 3
        && bytes[offset] == (byte) 0xEF
        && bytes[offset + 1] == (byte) 0xBB
        && bytes[offset + 2] == (byte) 0xBF) {
      throw malformed("no byte order mark");
    }
  }

  /**
   * Returns what the next value begins with: one of <code>{ [ " t f n</code>, or {@code 0} for a
   * number.
   */
  char peek() throws JsonException {
    skipSpace();
    int next = current();
    return switch (next) {
      case '{', '[', '"', 't', 'f', 'n' -> (char) next;
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> '0';
      default -> throw malformed("a value");
    };
  }

  /** Takes the beginning of an object or array, whose first value is the next token. */
  void enter(char open) throws JsonException {
    take(open);
    if (++depth > MAX_DEPTH) {
      throw JsonException.ofText("nested more than " + MAX_DEPTH + " levels deep");
    }
  }

  /** Whether the object or array has one more entry; takes the comma before it, or the end. */
  boolean hasNext(char close, boolean first) throws JsonException {
    skipSpace();
    if (current() == close) {
      position++;
      depth--;
      return false;
    }
    if (!first) {
      if (current() != ',') {
        throw malformed("a comma or " + close);
      }
      position++;
    }
    return true;
  }

  /** Takes the name of an object's entry. */
  String name() throws JsonException {
    skipSpace();
    if (current() != '"') {
      throw malformed("a name in quotes");
    }
    String name = string();
    take(':');
    return name;
  }

  /** Takes a string. */
  String string() throws JsonException {
    take('"');
    int from = position;
    for (int i = from; i < end; i++) {
      byte b = bytes[i];
      if (b == '"') {
        position = i + 1;
        return new String(bytes, from, i - from, StandardCharsets.ISO_8859_1);
      }
      if (b == '\\' || b < ' ') {
        // An escape, a control character, or a part of a longer sequence, which is negative.
        return stringWithEscapes(from, i);
      }
    }
    position = end;
    throw malformed("the end of a string");
  }

  /** Takes a number and returns it as it is written. */
  String number() throws JsonException {
    skipSpace();
    int from = position;
    while (position < end && isNumberPart(bytes[position])) {
      position++;
    }
    String number = new String(bytes, from, position - from, StandardCharsets.ISO_8859_1);
    if (!isNumber(number)) {
      position = from;
      throw malformed("a number");
    }
    return number;
  }

  /** Takes {@code true} or {@code false}. */
  boolean bool() throws JsonException {
    boolean value = peek() == 't';
    word(value ? "true" : "false");
    return value;
  }

  /** Takes {@code null}. */
  void nothing() throws JsonException {
    word("null");
  }

  /** Takes a value of any kind. */
  void skip() throws JsonException {
    switch (peek()) {
      case '{' -> {
        enter('{');
        for (boolean first = true; hasNext('}', first); first = false) {
          name();
          skip();
        }
      }
      case '[' -> {
        enter('[');
        for (boolean first = true; hasNext(']', first); first = false) {
          skip();
        }
      }
      case '"' -> string();
      case '0' -> number();
      case 'n' -> nothing();
      default -> bool();
    }
  }

  /** Returns a second cursor at the same place. */
  JsonText copy() {
    return new JsonText(this);
  }

  /** Takes the end of the text. */
  void end() throws JsonException {
    skipSpace();
    if (position < end) {
      throw malformed("the end");
    }
  }

  /** Whether a text is a number as RFC 8259 has it: {@code -1.5e3}, and not {@code +1}, {@code 01}. */
  static boolean isNumber(String text) {
    int i = text.startsWith("-") ? 1 : 0;
    int digits = digits(text, i);
    if (digits == 0 || (digits > 1 && text.charAt(i) == '0')) {
      return false;
    }
    i += digits;
    if (i < text.length() && text.charAt(i) == '.') {
      digits = digits(text, i + 1);
      if (digits == 0) {
        return false;
      }
      i += 1 + digits;
    }
    if (i < text.length() && (text.charAt(i) | 0x20) == 'e') {
      i++;
      if (i < text.length() && (text.charAt(i) == '+' || text.charAt(i) == '-')) {
        i++;
      }
      digits = digits(text, i);
      if (digits == 0) {
        return false;
      }
      i += digits;
    }
    return i == text.length();
  }

  private JsonText(JsonText other) {
    this.bytes = other.bytes;
    this.start = other.start;
    this.end = other.end;
    this.position = other.position;
    this.depth = other.depth;
  }

  private static int digits(String text, int from) {
    int i = from;
    while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
      i++;
    }
    return i - from;
  }

  private String stringWithEscapes(int from, int firstSpecial) throws JsonException {
    ByteArrayOutputStream plain = new ByteArrayOutputStream(firstSpecial - from + 32);
    plain.write(bytes, from, firstSpecial - from);
    position = firstSpecial;
    while (position < end) {
      byte b = bytes[position];
      if (b == '"') {
        position++;
        return decode(plain.toByteArray(), from);
      }
      if (b == '\\') {
        position++;
        escape(plain);
      } else if (b >= 0 && b < ' ') {
        throw malformed("no control character in a string");
      } else {
        plain.write(b);
        position++;
      }
    }
    throw malformed("the end of a string");
  }

  private void escape(ByteArrayOutputStream into) throws JsonException {
    int letter = current();
    position++;
    switch (letter) {
      case '"', '\\', '/' -> into.write(letter);
      case 'b' -> into.write('\b');
      case 'f' -> into.write('\f');
      case 'n' -> into.write('\n');
      case 'r' -> into.write('\r');
      case 't' -> into.write('\t');
      case 'u' -> into.writeBytes(unicode().getBytes(StandardCharsets.UTF_8));
      default -> {
        position--;
        throw malformed("one of \" \\ / b f n r t u");
      }
    }
  }

  private String unicode() throws JsonException {
    char first = hex();
    if (!Character.isSurrogate(first)) {
      return String.valueOf(first);
    }
    if (Character.isHighSurrogate(first)
        && position + 1 < end
        && bytes[position] == '\\'
        && bytes[position + 1] == 'u') {
      position += 2;
      char second = hex();
      if (Character.isLowSurrogate(second)) {
        return new String(new char[] {first, second});
      }
    }
    throw malformed("a pair of surrogates");
  }

  private char hex() throws JsonException {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = Character.digit(current(), 16);
      if (digit < 0) {
        throw malformed("four hexadecimal digits");
      }
      value = value << 4 | digit;
      position++;
    }
    return (char) value;
  }

  private String decode(byte[] plain, int from) throws JsonException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(plain)).toString();
    } catch (CharacterCodingException invalid) {
      position = from;
      throw malformed("a string in UTF-8");
    }
  }

  private void word(String word) throws JsonException {
    skipSpace();
    for (int i = 0; i < word.length(); i++) {
      if (current() != word.charAt(i)) {
        throw malformed("a value");
      }
      position++;
    }
  }

  private void take(char token) throws JsonException {
    skipSpace();
    if (current() != token) {
      throw malformed(token == '"' ? "a string" : String.valueOf(token));
    }
    position++;
  }

  private void skipSpace() {
    while (position < end && isSpace(bytes[position])) {
      position++;
    }
  }

  /** Returns the byte at the cursor, -1 at the end; bytes above ASCII are negative too. */
  private int current() {
    return position < end ? bytes[position] : -1;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  private static boolean isNumberPart(byte b) {
    return (b >= '0' && b <= '9') || b == '.' || b == '-' || b == '+' || b == 'e' || b == 'E';
  }

  private JsonException malformed(String expected) {
    return JsonException.malformed(position - start, expected);
  }
}
