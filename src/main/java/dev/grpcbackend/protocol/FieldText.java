package dev.grpcbackend.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The text forms of values that are no messages, as JSON has them in strings and numbers and as they
 * stand in a path or a query: integers also as {@code 1.0} or {@code 1e3}, {@code NaN} and {@code
 * Infinity}, base64 of either alphabet, enum values by name or number.
 */
final class FieldText {

  /** Longer numbers are refused: arithmetic on millions of digits takes seconds. */
  private static final int MAX_NUMBER_LENGTH = 400;

  private static final int MAX_LONG_DIGITS = 20;
  private static final int MAX_SHOWN = 40;
  private static final BigInteger MAX_UINT64 =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final BigInteger MIN_INT64 = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX_INT64 = BigInteger.valueOf(Long.MAX_VALUE);

  private FieldText() {}

  /** Returns the value of a field, or of one element of it, as its builder takes it. */
  static Object parse(FieldDescriptor field, String text) throws JsonException {
    return switch (field.getType()) {
      case STRING -> text;
      case BYTES -> bytes(field, text);
      case BOOL -> bool(field, text);
      case ENUM -> enumValue(field, text);
      case INT32, SINT32, SFIXED32 ->
        (int) integer(field, text, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case UINT32, FIXED32 -> (int) integer(field, text, 0, 0xFFFF_FFFFL);
      case INT64, SINT64, SFIXED64 -> integer(field, text, Long.MIN_VALUE, Long.MAX_VALUE);
      case UINT64, FIXED64 -> unsignedLong(field, text);
      case FLOAT -> floating(field, text);
      case DOUBLE -> doubling(field, text);
      case MESSAGE, GROUP -> throw wrong(field, text);
    };
  }

  /** Returns the enum value of this name, or null. */
  static @Nullable EnumValueDescriptor named(FieldDescriptor field, String name) {
    return field.getEnumType().findValueByName(name);
  }

  /** Returns what a field takes, in the words of a {@code .proto} file. */
  static String expected(FieldDescriptor field) {
    return switch (field.getType()) {
      case ENUM -> "a value of " + field.getEnumType().getFullName();
      case MESSAGE, GROUP -> field.getMessageType().getFullName();
      case BYTES -> "bytes in base64";
      case FLOAT, DOUBLE, BOOL, STRING -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
      default -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
    };
  }

  /** The text is no value of the field. */
  static JsonException wrong(FieldDescriptor field, String text) {
    return JsonException.expected(shown(text), expected(field));
  }

  /** Returns a text in quotes, cut to a length that may be repeated to the caller. */
  static String shown(String text) {
    int end = Math.min(text.length(), MAX_SHOWN);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return '"' + text.substring(0, end) + (end < text.length() ? "..." : "") + '"';
  }

  private static ByteString bytes(FieldDescriptor field, String text) throws JsonException {
    boolean forUrls = text.indexOf('-') >= 0 || text.indexOf('_') >= 0;
    Base64.Decoder decoder = forUrls ? Base64.getUrlDecoder() : Base64.getDecoder();
    try {
      return ByteString.copyFrom(decoder.decode(text));
    } catch (IllegalArgumentException malformed) {
      throw wrong(field, text);
    }
  }

  private static boolean bool(FieldDescriptor field, String text) throws JsonException {
    if (text.equals("true")) {
      return true;
    }
    if (text.equals("false")) {
      return false;
    }
    throw wrong(field, text);
  }

  private static EnumValueDescriptor enumValue(FieldDescriptor field, String text)
      throws JsonException {
    EnumValueDescriptor value = named(field, text);
    if (value == null && JsonText.isNumber(text)) {
      int number = (int) integer(field, text, Integer.MIN_VALUE, Integer.MAX_VALUE);
      EnumDescriptor type = field.getEnumType();
      value = type.isClosed()
          ? type.findValueByNumber(number)
          : type.findValueByNumberCreatingIfUnknown(number);
    }
    if (value == null) {
      throw wrong(field, text);
    }
    return value;
  }

  private static long integer(FieldDescriptor field, String text, long min, long max)
      throws JsonException {
    long value;
    try {
      value = isPlain(text) ? Long.parseLong(text) : exact(field, text, MIN_INT64, MAX_INT64);
    } catch (NumberFormatException tooLarge) {
      throw wrong(field, text);
    }
    if (value < min || value > max) {
      throw wrong(field, text);
    }
    return value;
  }

  private static long unsignedLong(FieldDescriptor field, String text) throws JsonException {
    return exact(field, text, BigInteger.ZERO, MAX_UINT64);
  }

  private static long exact(FieldDescriptor field, String text, BigInteger min, BigInteger max)
      throws JsonException {
    BigDecimal value = decimal(field, text);
    if (value.signum() == 0) {
      return 0;
    }
    // Digits before the point: 1e1000000000 must not be written out to see that it is too large.
    long digits = (long) value.precision() - value.scale();
    if (digits < 1 || digits > MAX_LONG_DIGITS) {
      throw wrong(field, text);
    }
    try {
      BigInteger integer = value.toBigIntegerExact();
      if (integer.compareTo(min) < 0 || integer.compareTo(max) > 0) {
        throw wrong(field, text);
      }
      return integer.longValue();
    } catch (ArithmeticException fraction) {
      throw wrong(field, text);
    }
  }

  private static BigDecimal decimal(FieldDescriptor field, String text) throws JsonException {
    checkNumber(field, text);
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException exponentTooLarge) {
      throw wrong(field, text);
    }
  }

  private static float floating(FieldDescriptor field, String text) throws JsonException {
    Double special = special(text);
    if (special != null) {
      return special.floatValue();
    }
    checkNumber(field, text);
    float value = Float.parseFloat(text);
    if (Float.isInfinite(value)) {
      throw wrong(field, text);
    }
    return value;
  }

  private static double doubling(FieldDescriptor field, String text) throws JsonException {
    Double special = special(text);
    if (special != null) {
      return special;
    }
    checkNumber(field, text);
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw wrong(field, text);
    }
    return value;
  }

  private static @Nullable Double special(String text) {
    return switch (text) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  private static void checkNumber(FieldDescriptor field, String text) throws JsonException {
    if (text.length() > MAX_NUMBER_LENGTH || !JsonText.isNumber(text)) {
      throw wrong(field, text);
    }
  }

  /** Whether a text is a number of digits alone, few enough for a long. */
  private static boolean isPlain(String text) {
    if (text.length() > MAX_LONG_DIGITS || !JsonText.isNumber(text)) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }
}
