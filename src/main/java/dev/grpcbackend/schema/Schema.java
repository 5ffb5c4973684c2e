package dev.grpcbackend.schema;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.TypeRegistry;
import dev.grpcbackend.options.Nearest;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a server's services: files by name, from wherever they came. What is asked of it
 * blocks, and fails with a {@link SchemaException}. For one thread at a time.
 */
public final class Schema {

  /** Where files come from. */
  public interface Source {

    /** Returns the full names of the services, sorted. */
    List<String> services();

    /** Returns the file that defines a symbol, and others with it; none if it is not known. */
    Collection<FileDescriptorProto> filesOfSymbol(String symbol);

    /** Returns a file by its name, and others with it; none if it is not known. */
    Collection<FileDescriptorProto> filesByName(String name);
  }

  private final Source source;
  private final Map<String, FileDescriptorProto> protos = new LinkedHashMap<>();
  private final Map<String, FileDescriptor> files = new LinkedHashMap<>();

  /** Creates one that asks a source for what it does not know yet. */
  public Schema(Source source) {
    this.source = source;
  }

  /** Returns the full names of the services, sorted. */
  public List<String> services() {
    return source.services();
  }

  /** Returns a service by its full name; one that is not known is an error that names near ones. */
  public ServiceDescriptor service(String name) {
    if (symbol(name) instanceof ServiceDescriptor service) {
      return service;
    }
    throw new SchemaException("unknown service: " + name + suggestion(name, services())
        + "; the server has: " + String.join(", ", services()));
  }

  /** Returns a method written {@code package.Service/Method} or with a dot. */
  public MethodDescriptor method(String name) {
    int cut = Math.max(name.lastIndexOf('/'), name.lastIndexOf('.'));
    if (cut <= 0) {
      throw new SchemaException("method: " + name + " (expected: package.Service/Method)");
    }
    ServiceDescriptor service = service(name.substring(0, cut));
    MethodDescriptor method = service.findMethodByName(name.substring(cut + 1));
    if (method == null) {
      List<String> known =
          service.getMethods().stream().map(MethodDescriptor::getName).toList();
      throw new SchemaException(
          "unknown method: " + name + suggestion(name.substring(cut + 1), known) + "; "
              + service.getFullName() + " has: " + String.join(", ", known));
    }
    return method;
  }

  /** Returns whatever has this full name, or null. */
  public @Nullable GenericDescriptor symbol(String name) {
    GenericDescriptor found = findLoaded(name);
    if (found == null) {
      for (FileDescriptorProto proto : source.filesOfSymbol(name)) {
        protos.putIfAbsent(proto.getName(), proto);
      }
      List.copyOf(protos.keySet()).forEach(this::file);
      found = findLoaded(name);
    }
    return found;
  }

  /** Returns a registry of all message types that were loaded, for JSON. */
  public TypeRegistry types() {
    TypeRegistry.Builder types = TypeRegistry.newBuilder();
    files.values().forEach(file -> types.add(file.getMessageTypes()));
    return types.build();
  }

  private FileDescriptor file(String name) {
    FileDescriptor known = files.get(name);
    if (known != null) {
      return known;
    }
    FileDescriptorProto proto = protos.get(name);
    if (proto == null) {
      source.filesByName(name).forEach(each -> protos.putIfAbsent(each.getName(), each));
      proto = protos.get(name);
    }
    if (proto == null) {
      throw new SchemaException("the schema imports " + name + ", which cannot be found");
    }
    FileDescriptor[] imports =
        proto.getDependencyList().stream().map(this::file).toArray(FileDescriptor[]::new);
    try {
      FileDescriptor file = FileDescriptor.buildFrom(proto, imports, true);
      files.put(name, file);
      return file;
    } catch (DescriptorValidationException invalid) {
      throw new SchemaException(name + " is not a valid schema: " + invalid.getMessage());
    }
  }

  private @Nullable GenericDescriptor findLoaded(String name) {
    for (FileDescriptor file : files.values()) {
      GenericDescriptor found = find(file, name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static @Nullable GenericDescriptor find(FileDescriptor file, String name) {
    for (ServiceDescriptor service : file.getServices()) {
      if (service.getFullName().equals(name)) {
        return service;
      }
      for (MethodDescriptor method : service.getMethods()) {
        if (method.getFullName().equals(name)) {
          return method;
        }
      }
    }
    for (EnumDescriptor type : file.getEnumTypes()) {
      GenericDescriptor found = find(type, name);
      if (found != null) {
        return found;
      }
    }
    for (FieldDescriptor extension : file.getExtensions()) {
      if (extension.getFullName().equals(name)) {
        return extension;
      }
    }
    for (Descriptor message : file.getMessageTypes()) {
      GenericDescriptor found = find(message, name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static @Nullable GenericDescriptor find(Descriptor message, String name) {
    if (message.getFullName().equals(name)) {
      return message;
    }
    if (!name.startsWith(message.getFullName() + ".")) {
      return null;
    }
    for (Descriptor nested : message.getNestedTypes()) {
      GenericDescriptor found = find(nested, name);
      if (found != null) {
        return found;
      }
    }
    for (EnumDescriptor type : message.getEnumTypes()) {
      GenericDescriptor found = find(type, name);
      if (found != null) {
        return found;
      }
    }
    String last = name.substring(name.lastIndexOf('.') + 1);
    GenericDescriptor field = message.findFieldByName(last);
    if (field != null && field.getFullName().equals(name)) {
      return field;
    }
    return message.getOneofs().stream()
        .filter(each -> each.getFullName().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static @Nullable GenericDescriptor find(EnumDescriptor type, String name) {
    if (type.getFullName().equals(name)) {
      return type;
    }
    return type.getValues().stream()
        .filter(value -> value.getFullName().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static String suggestion(String name, Collection<String> known) {
    String nearest = Nearest.of(name, known);
    return nearest == null ? "" : " (nearest: " + nearest + ")";
  }
}
