package dev.grpcbackend.rpc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What travels beside the messages of a call: headers before them, trailers after. An ordered list
 * of lower-case names and values; a name may occur more than once.
 *
 * <p>Names that end in {@code -bin} have binary values, all others printable ASCII (gRPC's
 * PROTOCOL-HTTP2, Custom-Metadata). Not thread-safe: it belongs to the context of its call.
 */
public final class Metadata {

  /** Metadata without entries; it cannot be changed. */
  public static final Metadata EMPTY = new Metadata(new Object[0]);

  private static final int INITIAL_SLOTS = 8;

  /** Names at even, values ({@code String} or {@code byte[]}) at odd places. */
  private Object[] slots;

  private int used;

  public Metadata() {
    this(new Object[INITIAL_SLOTS]);
  }

  private Metadata(Object[] slots) {
    this.slots = slots;
  }

  /** Returns the first value of {@code key}, or null. */
  public <T> @Nullable T get(Key<T> key) {
    for (int i = 0; i < used; i += 2) {
      if (slots[i].equals(key.name)) {
        return key.kind.cast(slots[i + 1]);
      }
    }
    return null;
  }

  /** Returns the first value of an ASCII name, or null. */
  public @Nullable String get(String name) {
    return get(Key.ascii(name));
  }

  /** Returns all values of {@code key} in the order they were added. */
  public <T> List<T> getAll(Key<T> key) {
    List<T> values = new ArrayList<>();
    for (int i = 0; i < used; i += 2) {
      if (slots[i].equals(key.name)) {
        values.add(key.kind.cast(slots[i + 1]));
      }
    }
    return values;
  }

  /** Adds a value after those that the key has. */
  public <T> Metadata add(Key<T> key, T value) {
    if (this == EMPTY) {
      throw new UnsupportedOperationException("Metadata.EMPTY cannot be changed");
    }
    key.check(value);
    if (used == slots.length) {
      slots = Arrays.copyOf(slots, slots.length * 2);
    }
    slots[used++] = key.name;
    slots[used++] = value;
    return this;
  }

  /**
   * Adds a value given as text: the value itself for an ASCII name, base64 for a {@code -bin} name.
   *
   * @throws IllegalArgumentException if the name or the value is not allowed
   */
  public Metadata add(String name, String value) {
    if (name.endsWith(Key.BINARY_SUFFIX)) {
      return add(Key.binary(name), Base64.getDecoder().decode(value));
    }
    return add(Key.ascii(name), value);
  }

  /** Replaces all values of {@code key} by one. */
  public <T> Metadata set(Key<T> key, T value) {
    remove(key);
    return add(key, value);
  }

  /** Removes all values of {@code key}. */
  public Metadata remove(Key<?> key) {
    int kept = 0;
    for (int i = 0; i < used; i += 2) {
      if (!slots[i].equals(key.name)) {
        slots[kept++] = slots[i];
        slots[kept++] = slots[i + 1];
      }
    }
    used = kept;
    return this;
  }

  /** Adds every entry of {@code other}. */
  public Metadata addAll(Metadata other) {
    for (int i = 0; i < other.used; i += 2) {
      add(new Key<>((String) other.slots[i], Object.class), other.slots[i + 1]);
    }
    return this;
  }

  public boolean contains(Key<?> key) {
    for (int i = 0; i < used; i += 2) {
      if (slots[i].equals(key.name)) {
        return true;
      }
    }
    return false;
  }

  public boolean isEmpty() {
    return used == 0;
  }

  /** Returns the number of entries. */
  public int size() {
    return used / 2;
  }

  /** Calls {@code action} with each name and value, a {@code String} or a {@code byte[]}. */
  public void forEach(BiConsumer<String, Object> action) {
    for (int i = 0; i < used; i += 2) {
      action.accept((String) slots[i], slots[i + 1]);
    }
  }

  /** Names only: values may be secrets. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Metadata[");
    for (int i = 0; i < used; i += 2) {
      text.append(i == 0 ? "" : ", ").append(slots[i]);
    }
    return text.append(']').toString();
  }

  /**
   * A name with the type of its values.
   *
   * @param <T> {@code String} or {@code byte[]}
   */
  public static final class Key<T> {

    static final String BINARY_SUFFIX = "-bin";

    private final String name;
    private final Class<T> kind;

    private Key(String name, Class<T> kind) {
      this.name = name;
      this.kind = kind;
    }

    /**
     * Returns the key of an ASCII value.
     *
     * @throws IllegalArgumentException if the name ends in {@code -bin} or is no header name
     */
    public static Key<String> ascii(String name) {
      String lower = checkedName(name);
      if (lower.endsWith(BINARY_SUFFIX)) {
        throw new IllegalArgumentException(
            "metadata name: " + name + " (expected: not ending in -bin)");
      }
      return new Key<>(lower, String.class);
    }

    /**
     * Returns the key of a binary value.
     *
     * @throws IllegalArgumentException if the name does not end in {@code -bin} or is no header name
     */
    public static Key<byte[]> binary(String name) {
      String lower = checkedName(name);
      if (!lower.endsWith(BINARY_SUFFIX)) {
        throw new IllegalArgumentException(
            "metadata name: " + name + " (expected: ending in -bin)");
      }
      return new Key<>(lower, byte[].class);
    }

    public String name() {
      return name;
    }

    private void check(T value) {
      Objects.requireNonNull(value, name);
      if (!(value instanceof String text)) {
        return;
      }
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c < ' ' || c > '~') {
          throw new IllegalArgumentException(
              "metadata value of " + name + ": character " + (int) c + " (expected: %x20-%x7E)");
        }
      }
    }

    /** Whether {@code name}, in lower case, is one that metadata may have. */
    public static boolean isName(String name) {
      for (int i = 0; i < name.length(); i++) {
        char c = name.charAt(i);
        boolean allowed =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (!allowed) {
          return false;
        }
      }
      return !name.isEmpty();
    }

    private static String checkedName(String name) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!isName(lower)) {
        throw new IllegalArgumentException("metadata name: " + name + " (expected: 0-9 a-z - _ .)");
      }
      return lower;
    }
  }
}
