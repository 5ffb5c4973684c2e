package dev.grpcbackend.cli;

import dev.grpcbackend.options.OptionsException;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The flags that name classes of services, and where these are. */
final class ServiceClasses {

  @Option(
      names = "--service",
      paramLabel = "CLASS",
      description = "A class that provides a service; repeatable.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--classpath",
      paramLabel = "JAR",
      description = "Where these classes are: jars or folders; repeatable.")
  private List<String> classpath = new ArrayList<>();

  List<String> names() {
    return names;
  }

  /**
   * Returns a loader for the jars and folders; each entry may hold several, separated as in a Java
   * class path.
   *
   * @throws OptionsException if one does not exist
   */
  ClassLoader loader() {
    ClassLoader own = ServiceClasses.class.getClassLoader();
    List<URL> urls = new ArrayList<>();
    for (String entry : classpath) {
      for (String part : entry.split(File.pathSeparator, -1)) {
        Path path = Path.of(part);
        if (!Files.exists(path)) {
          throw new OptionsException("--classpath: " + part + " (expected: a jar or a folder)");
        }
        urls.add(url(path));
      }
    }
    // Open for the life of the server: its classes are loaded when they are first needed.
    return urls.isEmpty() ? own : new URLClassLoader(urls.toArray(URL[]::new), own);
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (MalformedURLException impossible) {
      throw new OptionsException("--classpath: " + path + " (expected: a jar or a folder)");
    }
  }
}
