package dev.grpcbackend.protocol;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.FieldMaskUtil;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text forms of the messages of {@code google.protobuf} that are one value (ProtoJSON format):
 * a timestamp, a duration, a field mask, and the wrappers, which are the value that they wrap.
 */
final class WellKnownText {

  private static final Set<String> WRAPPERS = Set.of(
      "google.protobuf.BoolValue",
      "google.protobuf.BytesValue",
      "google.protobuf.DoubleValue",
      "google.protobuf.FloatValue",
      "google.protobuf.Int32Value",
      "google.protobuf.Int64Value",
      "google.protobuf.StringValue",
      "google.protobuf.UInt32Value",
      "google.protobuf.UInt64Value");

  private static final String TIMESTAMP = "google.protobuf.Timestamp";
  private static final String DURATION = "google.protobuf.Duration";
  private static final String FIELD_MASK = "google.protobuf.FieldMask";

  /** RFC 3339, with the capital letters that ProtoJSON asks for. */
  private static final Pattern RFC_3339 = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"
      + "T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})");

  private static final Pattern SECONDS = Pattern.compile("(-?)([0-9]{1,12})(?:[.]([0-9]{1,9}))?s");

  /** What names of fields are made of, and no quote: protobuf's printer would not escape it. */
  private static final Pattern FIELD_PATHS = Pattern.compile("[A-Za-z0-9.,]*");

  /** 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z (timestamp.proto). */
  private static final long MIN_TIMESTAMP_SECONDS = -62_135_596_800L;

  private static final long MAX_TIMESTAMP_SECONDS = 253_402_300_799L;

  /** Ten thousand years (duration.proto). */
  private static final long MAX_DURATION_SECONDS = 315_576_000_000L;

  private WellKnownText() {}

  /** Whether the messages of a type have a text form. */
  static boolean has(Descriptor type) {
    return isString(type) || isWrapper(type);
  }

  /** Whether the text form of a type is a string in JSON. */
  static boolean isString(Descriptor type) {
    return switch (type.getFullName()) {
      case TIMESTAMP, DURATION, FIELD_MASK -> true;
      default -> false;
    };
  }

  /** Whether a type wraps one value, in its field {@code value}. */
  static boolean isWrapper(Descriptor type) {
    return WRAPPERS.contains(type.getFullName());
  }

  /** Reads the text form of a message whose type has one. */
  static void parse(String text, Message.Builder into) throws JsonException {
    Descriptor type = into.getDescriptorForType();
    switch (type.getFullName()) {
      case TIMESTAMP -> merge(timestamp(text), into);
      case DURATION -> merge(duration(text), into);
      case FIELD_MASK -> merge(fieldMask(text), into);
      default -> {
        FieldDescriptor value = type.findFieldByName("value");
        into.setField(value, FieldText.parse(value, text));
      }
    }
  }

  private static Timestamp timestamp(String text) throws JsonException {
    try {
      if (RFC_3339.matcher(text).matches()) {
        OffsetDateTime time = OffsetDateTime.parse(text);
        long seconds = time.toEpochSecond();
        if (seconds >= MIN_TIMESTAMP_SECONDS && seconds <= MAX_TIMESTAMP_SECONDS) {
          return Timestamp.newBuilder()
              .setSeconds(seconds)
              .setNanos(time.getNano())
              .build();
        }
      }
    } catch (DateTimeException noSuchTime) {
      // As any other text that is no time.
    }
    throw JsonException.expected(
        FieldText.shown(text), "a time of the years 1 to 9999 such as 1972-01-01T10:00:20.021Z");
  }

  private static Duration duration(String text) throws JsonException {
    Matcher parts = SECONDS.matcher(text);
    if (parts.matches()) {
      long seconds = Long.parseLong(parts.group(2));
      String fraction = parts.group(3) == null ? "" : parts.group(3);
      int nanos = Integer.parseInt((fraction + "000000000").substring(0, 9));
      if (seconds < MAX_DURATION_SECONDS || (seconds == MAX_DURATION_SECONDS && nanos == 0)) {
        int sign = parts.group(1).isEmpty() ? 1 : -1;
        return Duration.newBuilder()
            .setSeconds(sign * seconds)
            .setNanos(sign * nanos)
            .build();
      }
    }
    throw JsonException.expected(
        FieldText.shown(text), "seconds such as 1.5s, at most " + MAX_DURATION_SECONDS + "s");
  }

  private static Message fieldMask(String text) throws JsonException {
    if (!FIELD_PATHS.matcher(text).matches()) {
      throw JsonException.expected(
          FieldText.shown(text), "field names in lowerCamelCase, separated by commas");
    }
    return FieldMaskUtil.fromJsonString(text);
  }

  private static void merge(Message value, Message.Builder into) {
    try {
      // By its bytes: the builder may be one of a dynamic message.
      into.mergeFrom(value.toByteString());
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
