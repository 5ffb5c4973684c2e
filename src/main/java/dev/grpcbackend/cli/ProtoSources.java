package dev.grpcbackend.cli;

import com.squareup.wire.schema.Location;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Some {@code .proto} files with all that they import. What no folder of theirs has, such as {@code
 * google/api/annotations.proto}, this program brings along: it is copied to a folder of its own,
 * until it is closed.
 */
final class ProtoSources implements AutoCloseable {

  private static final Pattern IMPORT =
      Pattern.compile("^\\s*import\\s+(?:public\\s+|weak\\s+)?\"([^\"]+)\"", Pattern.MULTILINE);

  private static final String BUNDLED = "google/";

  /** The schema loader has these. */
  private static final String BUILT_IN = "google/protobuf/";

  private final Path bundled;
  private final List<Location> locations = new ArrayList<>();

  private ProtoSources(Path bundled) {
    this.bundled = bundled;
  }

  /** Collects {@code files} and what they import from {@code roots}. */
  static ProtoSources of(List<Location> files, List<Path> roots) throws IOException {
    ProtoSources sources = new ProtoSources(Files.createTempDirectory("protos"));
    Set<String> seen = new HashSet<>();
    Deque<Location> open = new ArrayDeque<>(files);
    for (Location file = open.poll(); file != null; file = open.poll()) {
      if (seen.add(file.getPath())) {
        sources.locations.add(file);
        Matcher imports = IMPORT.matcher(Files.readString(Path.of(file.getBase(), file.getPath())));
        while (imports.find()) {
          Location imported = sources.find(imports.group(1), roots);
          if (imported != null) {
            open.add(imported);
          }
        }
      }
    }
    return sources;
  }

  /**
   * Returns all files. The loader is to take imports for sources too, because it links the options
   * of those only.
   */
  List<Location> locations() {
    return locations;
  }

  /** Returns the folder of what the program has brought; empty if that was nothing. */
  Location bundled() {
    return Location.get(bundled.toString());
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(bundled)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Returns where an import is; null to leave it to the loader, which knows some and complains. */
  private @Nullable Location find(String name, List<Path> roots) throws IOException {
    for (Path root : roots) {
      if (Files.exists(root.resolve(name))) {
        return Location.get(root.toString(), name);
      }
    }
    Path copy = bundled.resolve(name).normalize();
    if (!name.startsWith(BUNDLED) || name.startsWith(BUILT_IN) || !copy.startsWith(bundled)) {
      return null;
    }
    if (!Files.exists(copy)) {
      try (InputStream file = getClass().getClassLoader().getResourceAsStream(name)) {
        if (file == null) {
          return null;
        }
        Files.createDirectories(copy.resolveSibling(""));
        Files.copy(file, copy);
      }
    }
    return Location.get(bundled.toString(), name);
  }
}
