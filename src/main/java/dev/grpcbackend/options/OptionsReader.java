package dev.grpcbackend.options;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes an options record from its defaults and any number of sources, of which later ones win. The
 * keys are the record's components, those of nested records behind a dot.
 *
 * @param <T> the options record
 */
public final class OptionsReader<T extends Record> {

  private final T defaults;
  private final Map<String, Option> options = new LinkedHashMap<>();

  /**
   * One key with its effective value.
   *
   * @param origin the name of the source the value is from, {@code default} without one
   */
  public record Setting(String key, Object value, String origin) {

    /** Returns the value as users write it, or stars in place of a password. */
    public String text() {
      boolean secret = key.toLowerCase(Locale.ROOT).endsWith("password");
      return secret && !value.equals("") ? "****" : OptionValue.show(value);
    }
  }

  /**
   * The outcome of reading.
   *
   * @param settings every key in the order of the record's components
   */
  public record Result<T>(T options, List<Setting> settings) {}

  private record Option(Class<?> type, Type genericType, Object fallback) {}

  public OptionsReader(T defaults) {
    this.defaults = defaults;
    collect(defaults, "");
  }

  /** Returns the keys, in the order of the record's components. */
  public List<String> keys() {
    return List.copyOf(options.keySet());
  }

  /**
   * Reads the sources.
   *
   * @throws OptionsException for a key that does not exist or a value that is not allowed
   */
  public Result<T> read(List<OptionSource> sources) {
    Map<String, Object> values = new LinkedHashMap<>();
    Map<String, OptionSource> origins = new LinkedHashMap<>();
    for (OptionSource source : sources) {
      source.values().forEach((key, value) -> {
        Option option = options.get(key);
        if (option == null) {
          throw unknown(source, key);
        }
        values.put(
            key, OptionValue.convert(value, option.type, option.genericType, label(source, key)));
        origins.put(key, source);
      });
    }
    List<Setting> settings = new ArrayList<>();
    options.forEach((key, option) -> {
      OptionSource origin = origins.get(key);
      settings.add(new Setting(
          key,
          values.getOrDefault(key, option.fallback),
          origin == null ? "default" : origin.name()));
    });
    return new Result<>(build(defaults, "", values, origins), settings);
  }

  /** Returns the key written {@code LIMITS_MAX_METADATA_BYTES}, or the text itself if there is none. */
  String keyOfVariable(String variable) {
    for (String key : options.keySet()) {
      if (variable(key).equals(variable)) {
        return key;
      }
    }
    return variable;
  }

  static String variable(String key) {
    return key.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replace('.', '_').toUpperCase(Locale.ROOT);
  }

  private void collect(Record record, String prefix) {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object value = value(record, component);
      if (value instanceof Record nested) {
        collect(nested, prefix + component.getName() + ".");
      } else {
        options.put(
            prefix + component.getName(),
            new Option(component.getType(), component.getGenericType(), value));
      }
    }
  }

  private <R extends Record> R build(
      R record, String prefix, Map<String, Object> values, Map<String, OptionSource> origins) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      Object value = value(record, components[i]);
      String key = prefix + components[i].getName();
      types[i] = components[i].getType();
      arguments[i] = value instanceof Record nested
          ? build(nested, key + ".", values, origins)
          : values.getOrDefault(key, value);
    }
    try {
      @SuppressWarnings("unchecked") // the canonical constructor of the record's own class
      R built = (R) record.getClass().getDeclaredConstructor(types).newInstance(arguments);
      return built;
    } catch (InvocationTargetException refused) {
      throw refusal(refused.getCause(), origins);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(
          record.getClass() + " has no canonical constructor", impossible);
    }
  }

  private static OptionsException refusal(
      @Nullable Throwable cause, Map<String, OptionSource> origins) {
    String message = cause == null ? "refused" : String.valueOf(cause.getMessage());
    int colon = message.indexOf(':');
    String key = colon < 0 ? "" : message.substring(0, colon);
    OptionSource source = origins.get(key);
    return new OptionsException(
        source == null ? message : label(source, key) + message.substring(colon));
  }

  private OptionsException unknown(OptionSource source, String key) {
    String nearest = Nearest.of(key, options.keySet());
    return new OptionsException(label(source, key) + ": unknown key"
        + (nearest == null ? "" : " (nearest: " + source.shown().apply(nearest) + ")"));
  }

  private static String label(OptionSource source, String key) {
    return source.name() + ": " + source.shown().apply(key);
  }

  private static Object value(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(component + " cannot be read", impossible);
    }
  }
}
