package dev.grpcbackend.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which file defines which name, for some files and all that they import. Every file is visited
 * once, over however many ways it is imported, so building takes time in proportion to the number of
 * names. Thread-safe.
 *
 * <p>Two files of one name, as two jars may bring them, both count for the names they define; asked
 * for by name, the one found first is meant.
 */
final class ReflectionIndex {

  private final SortedSet<String> services;
  private final Map<String, FileDescriptor> files = new HashMap<>();
  private final Map<String, FileDescriptor> symbols = new HashMap<>();
  private final Set<String> messages = new HashSet<>();
  private final Map<String, SortedMap<Integer, FileDescriptor>> extensions = new HashMap<>();
  // Filled on the way: most files are never asked for.
  private final Map<FileDescriptor, ByteString> serialized = new ConcurrentHashMap<>();

  /** Reads {@code roots} and all they import. */
  ReflectionIndex(SortedSet<String> services, Collection<FileDescriptor> roots) {
    this.services = services;
    Set<FileDescriptor> seen = new HashSet<>(roots);
    Deque<FileDescriptor> open = new ArrayDeque<>(seen.size());
    open.addAll(roots);
    for (FileDescriptor file = open.poll(); file != null; file = open.poll()) {
      add(file);
      for (FileDescriptor imported : file.getDependencies()) {
        if (seen.add(imported)) {
          open.add(imported);
        }
      }
    }
  }

  SortedSet<String> services() {
    return services;
  }

  /** Returns the file of this name, or null. */
  @Nullable
  FileDescriptor file(String name) {
    return files.get(name);
  }

  /**
   * Returns the file that defines a fully qualified name, or null. An enum value is known both as a
   * sibling of its enum, as the language has it, and below it, as many people write it.
   */
  @Nullable
  FileDescriptor fileOfSymbol(String symbol) {
    return symbols.get(symbol);
  }

  /** Returns the file that adds the field {@code number} to a message, or null. */
  @Nullable
  FileDescriptor fileOfExtension(String message, int number) {
    SortedMap<Integer, FileDescriptor> byNumber = extensions.get(message);
    return byNumber == null ? null : byNumber.get(number);
  }

  /** Returns the sorted numbers of all extensions of a message, or null for an unknown message. */
  @Nullable
  Collection<Integer> extensionNumbers(String message) {
    SortedMap<Integer, FileDescriptor> byNumber = extensions.get(message);
    if (byNumber != null) {
      return byNumber.keySet();
    }
    return messages.contains(message) ? List.of() : null;
  }

  /** Returns a file and everything it imports, serialized: the file first, each name once. */
  List<ByteString> withImports(FileDescriptor file) {
    List<ByteString> all = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    seen.add(file.getFullName());
    Deque<FileDescriptor> open = new ArrayDeque<>();
    open.add(file);
    for (FileDescriptor next = open.poll(); next != null; next = open.poll()) {
      all.add(serialized.computeIfAbsent(next, f -> f.toProto().toByteString()));
      for (FileDescriptor imported : next.getDependencies()) {
        if (seen.add(imported.getFullName())) {
          open.add(imported);
        }
      }
    }
    return all;
  }

  private void add(FileDescriptor file) {
    files.putIfAbsent(file.getFullName(), file);
    file.getMessageTypes().forEach(this::add);
    file.getEnumTypes().forEach(this::add);
    file.getExtensions().forEach(this::addExtension);
    for (ServiceDescriptor service : file.getServices()) {
      symbols.putIfAbsent(service.getFullName(), file);
      for (MethodDescriptor method : service.getMethods()) {
        symbols.putIfAbsent(method.getFullName(), file);
      }
    }
  }

  private void add(Descriptor message) {
    FileDescriptor file = message.getFile();
    messages.add(message.getFullName());
    symbols.putIfAbsent(message.getFullName(), file);
    for (FieldDescriptor field : message.getFields()) {
      symbols.putIfAbsent(field.getFullName(), file);
    }
    for (OneofDescriptor oneof : message.getOneofs()) {
      symbols.putIfAbsent(oneof.getFullName(), file);
    }
    message.getNestedTypes().forEach(this::add);
    message.getEnumTypes().forEach(this::add);
    message.getExtensions().forEach(this::addExtension);
  }

  private void add(EnumDescriptor type) {
    FileDescriptor file = type.getFile();
    String name = type.getFullName();
    String scope = name.substring(0, name.lastIndexOf('.') + 1);
    symbols.putIfAbsent(name, file);
    for (EnumValueDescriptor value : type.getValues()) {
      symbols.putIfAbsent(scope + value.getName(), file);
      symbols.putIfAbsent(name + '.' + value.getName(), file);
    }
  }

  private void addExtension(FieldDescriptor extension) {
    symbols.putIfAbsent(extension.getFullName(), extension.getFile());
    extensions
        .computeIfAbsent(extension.getContainingType().getFullName(), name -> new TreeMap<>())
        .putIfAbsent(extension.getNumber(), extension.getFile());
  }
}
