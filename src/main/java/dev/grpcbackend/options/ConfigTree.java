package dev.grpcbackend.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads a tree of options, as YAML or JSON, into values by key. */
public final class ConfigTree {

  private ConfigTree() {}

  /**
   * Reads a file.
   *
   * @throws OptionsException if it cannot be read, or is no mapping
   */
  public static OptionSource file(Path path) {
    return text(path.toString(), text(path));
  }

  /**
   * Returns the text of a file.
   *
   * @throws OptionsException if it cannot be read
   */
  public static String text(Path path) {
    try {
      return Files.readString(path);
    } catch (NoSuchFileException missing) {
      throw new OptionsException(path + ": no such file");
    } catch (IOException failure) {
      throw new OptionsException(path + ": cannot be read: " + failure.getMessage());
    }
  }

  /**
   * Reads YAML, of which JSON is a part.
   *
   * @param name what errors call it
   * @throws OptionsException if it is malformed, or no mapping
   */
  public static OptionSource text(String name, String text) {
    Map<String, Object> values = new LinkedHashMap<>();
    flatten(name, tree(name, text), "", values);
    return OptionSource.of(name, values);
  }

  /**
   * Reads YAML, of which JSON is a part, as it is nested.
   *
   * @param name what errors call it
   * @throws OptionsException if it is malformed, or no mapping
   */
  public static Map<?, ?> tree(String name, String text) {
    Object tree;
    try {
      tree = new Load(LoadSettings.builder().setAllowDuplicateKeys(false).build())
          .loadFromString(text);
    } catch (MarkedYamlEngineException malformed) {
      String line = malformed
          .getProblemMark()
          .map(mark -> " line " + (mark.getLine() + 1))
          .orElse("");
      throw new OptionsException(name + line + ": " + malformed.getProblem());
    } catch (YamlEngineException malformed) {
      throw new OptionsException(name + ": " + malformed.getMessage());
    }
    if (tree == null) {
      return Map.of();
    }
    if (!(tree instanceof Map<?, ?> map)) {
      throw new OptionsException(name + ": " + tree + " (expected: keys and values)");
    }
    return map;
  }

  private static void flatten(
      String name, Map<?, ?> map, String prefix, Map<String, Object> values) {
    map.forEach((key, value) -> {
      String path = prefix + key;
      if (value instanceof Map<?, ?> nested && !nested.isEmpty()) {
        flatten(name, nested, path + ".", values);
      } else {
        values.put(path, present(name, path, value));
      }
    });
  }

  private static Object present(String name, String path, @Nullable Object value) {
    if (value == null) {
      throw new OptionsException(name + ": " + path + ": no value (expected: one)");
    }
    return value instanceof List<?> list ? List.copyOf(list) : value;
  }
}
