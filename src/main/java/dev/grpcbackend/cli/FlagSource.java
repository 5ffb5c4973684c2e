package dev.grpcbackend.cli;

import dev.grpcbackend.options.OptionSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the flags of a command that stand for options. */
final class FlagSource {

  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, String> names = new LinkedHashMap<>();

  /**
   * Adds a flag.
   *
   * @param key the option
   * @param flag what users write
   * @param value null if it was not given
   */
  FlagSource with(String key, String flag, @Nullable Object value) {
    if (value != null) {
      names.put(key, flag);
      values.put(key, value);
    }
    return this;
  }

  /** Returns the flags that were given. */
  OptionSource source() {
    return new OptionSource("flag", values, key -> names.getOrDefault(key, key));
  }
}
