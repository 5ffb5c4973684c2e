package dev.grpcbackend.cli;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.InvalidProtocolBufferException;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.ProtoFile;
import com.squareup.wire.schema.SchemaLoader;
import com.squareup.wire.schema.internal.SchemaEncoder;
import dev.grpcbackend.schema.Schema;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** A schema from files: {@code .proto} sources, or descriptor sets that {@code protoc} wrote. */
final class FileSchema implements Schema.Source {

  private final Map<String, FileDescriptorProto> files = new LinkedHashMap<>();

  private FileSchema() {}

  /** Reads descriptor sets. */
  static FileSchema ofSets(List<Path> sets) {
    FileSchema schema = new FileSchema();
    for (Path set : sets) {
      try {
        FileDescriptorSet.parseFrom(Files.readAllBytes(set))
            .getFileList()
            .forEach(file -> schema.files.putIfAbsent(file.getName(), file));
      } catch (InvalidProtocolBufferException malformed) {
        throw new CommandFailure(set + ": not a descriptor set");
      } catch (IOException failure) {
        throw new CommandFailure(set + ": cannot be read");
      }
    }
    return schema;
  }

  /** Reads sources, and what they import from {@code importPaths}. */
  static FileSchema ofProtos(List<Path> protos, List<Path> importPaths) {
    List<Location> sources = new ArrayList<>();
    List<Location> imports = new ArrayList<>();
    List<Path> roots = importPaths.isEmpty() ? List.of(Path.of(".")) : importPaths;
    for (Path root : roots) {
      imports.add(Location.get(root.toString()));
    }
    for (Path proto : protos) {
      sources.add(source(proto, roots));
    }
    FileSchema schema = new FileSchema();
    try (ProtoSources all = ProtoSources.of(sources, roots)) {
      imports.add(all.bundled());
      SchemaLoader loader = new SchemaLoader(FileSystems.getDefault());
      loader.initRoots(all.locations(), imports);
      com.squareup.wire.schema.Schema loaded = loader.loadSchema();
      SchemaEncoder encoder = new SchemaEncoder(loaded);
      for (ProtoFile file : loaded.getProtoFiles()) {
        FileDescriptorProto proto =
            FileDescriptorProto.parseFrom(encoder.encode(file).toByteArray());
        schema.files.put(proto.getName(), proto);
      }
    } catch (IOException
        | IllegalStateException
        | com.squareup.wire.schema.SchemaException failure) {
      throw new CommandFailure("the .proto files cannot be used: " + failure.getMessage());
    }
    return schema;
  }

  private static Location source(Path proto, List<Path> roots) {
    for (Path root : roots) {
      if (Files.exists(root.resolve(proto))) {
        return Location.get(root.toString(), proto.toString());
      }
      Path absolute = proto.toAbsolutePath().normalize();
      Path base = root.toAbsolutePath().normalize();
      if (Files.exists(absolute) && absolute.startsWith(base)) {
        return Location.get(root.toString(), base.relativize(absolute).toString());
      }
    }
    throw new CommandFailure(proto + ": no such file below " + roots);
  }

  @Override
  public List<String> services() {
    TreeSet<String> names = new TreeSet<>();
    files
        .values()
        .forEach(file -> file.getServiceList()
            .forEach(service -> names.add(qualified(file, service.getName()))));
    return List.copyOf(names);
  }

  @Override
  public Collection<FileDescriptorProto> filesOfSymbol(String symbol) {
    return files.values();
  }

  @Override
  public Collection<FileDescriptorProto> filesByName(String name) {
    FileDescriptorProto file = files.get(name);
    return file == null ? WellKnown.file(name) : List.of(file);
  }

  private static String qualified(FileDescriptorProto file, String name) {
    return file.getPackage().isEmpty() ? name : file.getPackage() + "." + name;
  }

  /** The files that every protobuf runtime has. */
  private static final class WellKnown {
    static Collection<FileDescriptorProto> file(String name) {
      return List.of(
              com.google.protobuf.AnyProto.getDescriptor(),
              com.google.protobuf.DurationProto.getDescriptor(),
              com.google.protobuf.EmptyProto.getDescriptor(),
              com.google.protobuf.FieldMaskProto.getDescriptor(),
              com.google.protobuf.StructProto.getDescriptor(),
              com.google.protobuf.TimestampProto.getDescriptor(),
              com.google.protobuf.WrappersProto.getDescriptor(),
              com.google.protobuf.DescriptorProtos.getDescriptor())
          .stream()
          .filter(file -> file.getName().equals(name))
          .map(file -> file.toProto())
          .toList();
    }
  }
}
