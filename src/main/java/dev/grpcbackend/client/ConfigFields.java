package dev.grpcbackend.client;

import dev.grpcbackend.options.Nearest;
import io.vertx.grpc.common.GrpcStatus;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one JSON object of a service config. Everything refused is named by its path,
 * {@code serviceConfig.methodConfig[0].timeout}.
 */
final class ConfigFields {

  private final String path;
  private final Map<?, ?> values;
  private final Set<String> known = new LinkedHashSet<>();

  ConfigFields(String path, Map<?, ?> values) {
    this.path = path;
    this.values = values;
  }

  /** Returns the exception for a value that is not allowed. */
  IllegalArgumentException refusal(String field, Object value, String expected) {
    return new IllegalArgumentException(
        path + "." + field + ": " + value + " (expected: " + expected + ")");
  }

  /** Refuses every field that nobody has asked for. */
  void end() {
    for (Object field : values.keySet()) {
      if (!known.contains(String.valueOf(field))) {
        String nearest = Nearest.of(String.valueOf(field), known);
        throw new IllegalArgumentException(path + "." + field + ": unknown field"
            + (nearest == null ? "" : " (nearest: " + nearest + ")"));
      }
    }
  }

  boolean has(String field) {
    known.add(field);
    return values.containsKey(field);
  }

  /** Returns the names of the fields that there are. */
  Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    values.keySet().forEach(name -> names.add(String.valueOf(name)));
    return names;
  }

  private @Nullable Object value(String field) {
    known.add(field);
    return values.get(field);
  }

  @Nullable
  ConfigFields object(String field) {
    Object value = value(field);
    if (value == null) {
      return null;
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw refusal(field, value, "an object");
    }
    return new ConfigFields(path + "." + field, map);
  }

  List<ConfigFields> objects(String field) {
    List<ConfigFields> objects = new ArrayList<>();
    for (Object element : list(field)) {
      if (!(element instanceof Map<?, ?> map)) {
        throw refusal(field, element, "a list of objects");
      }
      objects.add(new ConfigFields(path + "." + field + "[" + objects.size() + "]", map));
    }
    return objects;
  }

  private List<?> list(String field) {
    Object value = value(field);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw refusal(field, value, "a list");
    }
    return list;
  }

  String text(String field, String otherwise) {
    Object value = value(field);
    if (value != null && !(value instanceof String)) {
      throw refusal(field, value, "a text");
    }
    return value == null ? otherwise : (String) value;
  }

  @Nullable
  Boolean truth(String field) {
    Object value = value(field);
    if (value != null && !(value instanceof Boolean)) {
      throw refusal(field, value, "true or false");
    }
    return (Boolean) value;
  }

  /** Reads a whole number, which JSON of protobuf may write as text. */
  int integer(String field, int min, int max, int otherwise) {
    Object value = value(field);
    if (value == null) {
      return otherwise;
    }
    String expected = max == Integer.MAX_VALUE ? ">= " + min : min + " to " + max;
    try {
      // More than an int holds is no bound at all for what it is used for.
      long number = new BigDecimal(value.toString())
          .min(BigDecimal.valueOf(max == Integer.MAX_VALUE ? max : Long.MAX_VALUE))
          .longValueExact();
      if (number >= min && number <= max) {
        return (int) number;
      }
    } catch (ArithmeticException | NumberFormatException none) {
      throw refusal(field, value, expected);
    }
    throw refusal(field, value, expected);
  }

  double positive(String field) {
    Object value = value(field);
    try {
      double number = value == null ? 0 : Double.parseDouble(value.toString());
      if (number > 0 && number < Double.POSITIVE_INFINITY) {
        return number;
      }
    } catch (NumberFormatException none) {
      throw refusal(field, String.valueOf(value), "> 0");
    }
    throw refusal(field, value == null ? "missing" : value, "> 0");
  }

  /** Reads a duration in the JSON of protobuf, {@code 1.5s}; null if there is none. */
  @Nullable
  Duration duration(String field) {
    Object value = value(field);
    if (value == null) {
      return null;
    }
    String text = value.toString();
    try {
      if (text.endsWith("s")) {
        BigDecimal seconds = new BigDecimal(text.substring(0, text.length() - 1));
        if (seconds.signum() >= 0 && seconds.scale() <= 9) {
          return Duration.ofNanos(seconds.movePointRight(9).longValueExact());
        }
      }
    } catch (ArithmeticException | NumberFormatException none) {
      throw refusal(field, value, "seconds such as 1.5s");
    }
    throw refusal(field, value, "seconds such as 1.5s");
  }

  Duration positiveDuration(String field) {
    Duration duration = duration(field);
    if (duration == null || duration.isZero()) {
      throw refusal(field, duration == null ? "missing" : "0s", "> 0s");
    }
    return duration;
  }

  /** Reads status codes, as names or as numbers. */
  Set<GrpcStatus> codes(String field) {
    Set<GrpcStatus> codes = EnumSet.noneOf(GrpcStatus.class);
    for (Object element : list(field)) {
      GrpcStatus code = code(String.valueOf(element).toUpperCase(Locale.ROOT));
      if (code == null || code == GrpcStatus.OK) {
        throw refusal(field, element, "status codes such as UNAVAILABLE");
      }
      codes.add(code);
    }
    return codes;
  }

  private static @Nullable GrpcStatus code(String text) {
    for (GrpcStatus status : GrpcStatus.values()) {
      if (status.name().equals(text) || Integer.toString(status.code).equals(text)) {
        return status;
      }
    }
    return null;
  }
}
