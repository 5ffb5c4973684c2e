package dev.grpcbackend.options;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of options, from what a file, a variable or a flag says, and back. */
public final class OptionValue {

  private OptionValue() {}

  /** Returns the value in the form it has in configuration: {@code 30s}, {@code require}. */
  public static String show(Object value) {
    if (value instanceof Duration duration) {
      return duration.toMillis() % 1000 == 0
          ? duration.toSeconds() + "s"
          : duration.toMillis() + "ms";
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    return value instanceof String text && text.isEmpty() ? "\"\"" : value.toString();
  }

  static Object convert(Object value, Class<?> type, Type genericType, String label) {
    Object converted = null;
    String expected;
    if (type == int.class || type == long.class) {
      expected = "a whole number";
      converted = wholeNumber(value, type);
    } else if (type == boolean.class) {
      expected = "true or false";
      converted = truth(String.valueOf(value));
    } else if (type == String.class) {
      expected = "a text";
      converted = value instanceof List<?> ? null : String.valueOf(value);
    } else if (type == Duration.class) {
      expected = "a duration such as 1.5s or 250ms";
      converted = duration(String.valueOf(value));
    } else if (type == List.class) {
      expected = "a list";
      converted = list(value);
    } else if (type.isEnum()) {
      expected = "one of " + names(type);
      converted = constant(String.valueOf(value), type);
    } else if (isTree(type)) {
      expected = "keys and values";
      converted = tree(value, type, label);
    } else {
      throw new IllegalStateException(label + ": options of " + genericType + " are not supported");
    }
    if (converted == null) {
      throw new OptionsException(label + ": " + value + " (expected: " + expected + ")");
    }
    return converted;
  }

  /** Whether values of this type are made of a whole tree: by a static method {@code of(Map)}. */
  static boolean isTree(Class<?> type) {
    return factory(type) != null;
  }

  private static @Nullable Method factory(Class<?> type) {
    try {
      return type.getMethod("of", Map.class);
    } catch (NoSuchMethodException none) {
      return null;
    }
  }

  private static @Nullable Object tree(Object value, Class<?> type, String label) {
    Object tree = value instanceof String text ? ConfigTree.tree(label, text) : value;
    Method factory = factory(type);
    if (!(tree instanceof Map) || factory == null) {
      return null;
    }
    try {
      return factory.invoke(null, tree);
    } catch (InvocationTargetException refused) {
      Throwable cause = refused.getCause() == null ? refused : refused.getCause();
      int root = label.lastIndexOf(' ') + 1;
      throw new OptionsException(label.substring(0, root) + cause.getMessage());
    } catch (IllegalAccessException impossible) {
      throw new IllegalStateException(type + ".of(Map) is not public", impossible);
    }
  }

  private static @Nullable Object truth(String text) {
    return (text.equals("true") || text.equals("false")) ? Boolean.valueOf(text) : null;
  }

  private static @Nullable Object wholeNumber(Object value, Class<?> type) {
    try {
      BigDecimal number = new BigDecimal(String.valueOf(value));
      return type == int.class ? (Object) number.intValueExact() : (Object) number.longValueExact();
    } catch (ArithmeticException | NumberFormatException none) {
      return null;
    }
  }

  private static @Nullable Duration duration(String text) {
    String unit = text.endsWith("ms") ? "ms" : text.endsWith("s") ? "s" : "";
    if (unit.isEmpty()) {
      return null;
    }
    try {
      BigDecimal amount = new BigDecimal(text.substring(0, text.length() - unit.length()));
      long nanos = amount.movePointRight(unit.equals("s") ? 9 : 6).longValueExact();
      return Duration.ofNanos(nanos);
    } catch (ArithmeticException | NumberFormatException none) {
      return null;
    }
  }

  private static @Nullable List<String> list(Object value) {
    if (value instanceof List<?> items) {
      List<String> texts = new ArrayList<>();
      items.forEach(item -> texts.add(String.valueOf(item)));
      return texts;
    }
    if (!(value instanceof String text)) {
      return null;
    }
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(",")).map(String::strip).toList();
  }

  private static @Nullable Object constant(String text, Class<?> type) {
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equalsIgnoreCase(text)) {
        return constant;
      }
    }
    return null;
  }

  private static String names(Class<?> type) {
    List<String> names = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      names.add(show(constant));
    }
    return String.join(", ", names);
  }
}
