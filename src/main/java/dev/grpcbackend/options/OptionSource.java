package dev.grpcbackend.options;

import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Where option values come from.
 *
 * @param name how errors and {@code --show-config} call it: a path, {@code environment}, a flag
 * @param values values by key; a key is a path such as {@code limits.maxInboundMessageBytes}
 * @param shown turns a key into the way it is written in this source
 */
public record OptionSource(String name, Map<String, Object> values, UnaryOperator<String> shown) {

  /** Returns a source whose keys are written as they are. */
  public static OptionSource of(String name, Map<String, Object> values) {
    return new OptionSource(name, values, UnaryOperator.identity());
  }

  /** Returns the variables that begin with {@code prefix}, {@code GRPC_SERVER_}. */
  public static OptionSource environment(
      Map<String, String> environment, String prefix, OptionsReader<?> reader) {
    Map<String, Object> values = new java.util.TreeMap<>();
    environment.forEach((name, value) -> {
      if (name.startsWith(prefix)) {
        values.put(reader.keyOfVariable(name.substring(prefix.length())), value);
      }
    });
    return new OptionSource("environment", values, key -> prefix + OptionsReader.variable(key));
  }

  /** Returns the system properties that begin with {@code prefix}, {@code grpc.server.}. */
  public static OptionSource properties(Map<?, ?> properties, String prefix) {
    Map<String, Object> values = new java.util.TreeMap<>();
    properties.forEach((name, value) -> {
      if (name.toString().startsWith(prefix)) {
        values.put(name.toString().substring(prefix.length()), value.toString());
      }
    });
    return new OptionSource("system property", values, key -> "-D" + prefix + key);
  }
}
