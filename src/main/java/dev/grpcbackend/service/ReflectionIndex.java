package dev.grpcbackend.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every name that a set of schema files defines, with the file that defines it. Immutable. */
final class ReflectionIndex {

  private final SortedSet<String> services;
  private final Map<String, FileDescriptor> files = new HashMap<>();
  private final Map<String, FileDescriptor> symbols = new HashMap<>();
  private final Map<String, SortedMap<Integer, FileDescriptor>> extensions = new HashMap<>();
  private final Set<String> messages = new LinkedHashSet<>();

  /** Reads {@code roots} and all they import, each file once. */
  ReflectionIndex(SortedSet<String> services, Collection<FileDescriptor> roots) {
    this.services = services;
    roots.forEach(this::addFile);
  }

  SortedSet<String> services() {
    return services;
  }

  @Nullable
  FileDescriptor file(String name) {
    return files.get(name);
  }

  @Nullable
  FileDescriptor fileOfSymbol(String symbol) {
    return symbols.get(symbol);
  }

  @Nullable
  FileDescriptor fileOfExtension(String message, int number) {
    SortedMap<Integer, FileDescriptor> known = extensions.get(message);
    return known == null ? null : known.get(number);
  }

  /** Returns the numbers of the extensions of a message, null if no such message is known. */
  @Nullable
  Collection<Integer> extensionNumbers(String message) {
    SortedMap<Integer, FileDescriptor> known = extensions.get(message);
    if (known != null) {
      return known.keySet();
    }
    return messages.contains(message) ? List.of() : null;
  }

  /** Returns the serialized file and all it imports, directly or not, each once, itself first. */
  static List<ByteString> withImports(FileDescriptor file) {
    Set<FileDescriptor> all = new LinkedHashSet<>();
    all.add(file);
    List<FileDescriptor> queue = new ArrayList<>(all);
    for (int i = 0; i < queue.size(); i++) {
      for (FileDescriptor imported : queue.get(i).getDependencies()) {
        if (all.add(imported)) {
          queue.add(imported);
        }
      }
    }
    return all.stream().map(each -> each.toProto().toByteString()).toList();
  }

  private void addFile(FileDescriptor file) {
    if (files.putIfAbsent(file.getName(), file) != null) {
      return;
    }
    file.getDependencies().forEach(this::addFile);
    for (ServiceDescriptor service : file.getServices()) {
      add(service);
      service.getMethods().forEach(this::add);
    }
    file.getMessageTypes().forEach(this::addMessage);
    file.getEnumTypes().forEach(this::addEnum);
    file.getExtensions().forEach(this::addExtension);
  }

  private void addMessage(Descriptor message) {
    add(message);
    messages.add(message.getFullName());
    message.getFields().forEach(this::add);
    message.getOneofs().forEach(this::add);
    message.getNestedTypes().forEach(this::addMessage);
    message.getEnumTypes().forEach(this::addEnum);
    message.getExtensions().forEach(this::addExtension);
  }

  private void addEnum(EnumDescriptor type) {
    add(type);
    type.getValues().forEach(this::add);
  }

  private void addExtension(FieldDescriptor extension) {
    add(extension);
    extensions
        .computeIfAbsent(extension.getContainingType().getFullName(), key -> new TreeMap<>())
        .put(extension.getNumber(), extension.getFile());
  }

  private void add(GenericDescriptor symbol) {
    symbols.putIfAbsent(symbol.getFullName(), symbol.getFile());
  }
}
