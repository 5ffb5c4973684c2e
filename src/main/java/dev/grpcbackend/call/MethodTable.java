package dev.grpcbackend.call;

import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The methods that a server answers, found by the exact bytes of the request's path. Filled before
 * the first call, read afterwards: not to be changed while calls run.
 */
public final class MethodTable {

  private final Map<String, BoundMethod<?, ?>> byPath = new HashMap<>();
  private @Nullable Fallback fallback;

  /** Finds methods that are not in the table. */
  @FunctionalInterface
  public interface Fallback {
    @Nullable
    BoundMethod<?, ?> bind(String path);
  }

  /**
   * Adds a method.
   *
   * @throws IllegalArgumentException if the path is taken
   */
  public void add(BoundMethod<?, ?> bound) {
    if (byPath.putIfAbsent(bound.method().path(), bound) != null) {
      throw new IllegalArgumentException(
          "method " + bound.method().fullName() + " is registered twice");
    }
  }

  /**
   * Returns the method for a path such as {@code /helloworld.Greeter/SayHello}, or null.
   */
  public @Nullable BoundMethod<?, ?> find(String path) {
    BoundMethod<?, ?> bound = byPath.get(path);
    return bound == null && fallback != null ? fallback.bind(path) : bound;
  }

  /** Returns the added method for a path, or null; the fallback is not asked. */
  public @Nullable BoundMethod<?, ?> added(String path) {
    return byPath.get(path);
  }

  /** Sets what answers paths that no added method has; it returns null for those it does not. */
  public void fallback(Fallback fallback) {
    this.fallback = fallback;
  }

  public Collection<BoundMethod<?, ?>> methods() {
    return Collections.unmodifiableCollection(byPath.values());
  }

  /** Returns the full names of all services that have a method here, sorted. */
  public SortedSet<String> serviceNames() {
    SortedSet<String> names = new TreeSet<>();
    byPath.values().forEach(bound -> names.add(bound.method().service()));
    return names;
  }

  /** Returns the schema files of the methods that have one. */
  public Set<FileDescriptor> files() {
    Set<FileDescriptor> files = new LinkedHashSet<>();
    for (BoundMethod<?, ?> bound : byPath.values()) {
      if (bound.method().descriptor() != null) {
        files.add(bound.method().descriptor().getFile());
      }
    }
    return files;
  }
}
