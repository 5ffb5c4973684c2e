package dev.grpcbackend.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program in a process of its own: what it printed, and how it ended. */
public final class Program implements AutoCloseable {

  private static final long SECONDS = 480;
  private static final Pattern PORT = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");
  private static final int FIRST_TO_WARN_OF_UNSAFE = 24;
  private static final String END = "\0";

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();

  private Program(Process process) {
    this.process = process;
    pump(process.getInputStream());
  }

  /** Starts a command; standard error goes with standard output. */
  public static Program start(Path folder, Map<String, String> environment, List<String> command) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
      builder.environment().putAll(environment);
      return new Program(builder.start());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Starts the packaged jar with these arguments. */
  public static Program jar(String... arguments) {
    return jar(Map.of(), arguments);
  }

  /** Starts the packaged jar with these arguments and variables beside those of the tests. */
  public static Program jar(Map<String, String> environment, String... arguments) {
    List<String> command = java();
    command.addAll(List.of("-jar", System.getProperty("backend.jar")));
    command.addAll(List.of(arguments));
    return start(root(), environment, command);
  }

  /** Runs the packaged jar to its end and returns what it printed. */
  public static String run(int expectedExit, String... arguments) throws InterruptedException {
    try (Program program = jar(arguments)) {
      return program.outputOf(expectedExit);
    }
  }

  /** Waits for the end, which must be with that exit code, and returns what was printed. */
  public String outputOf(int expectedExit) throws InterruptedException {
    int exit = awaitExit();
    if (exit != expectedExit) {
      throw new AssertionError("exit code " + exit + " (expected: " + expectedExit + "): " + seen);
    }
    return output();
  }

  /** Starts the packaged jar with these flags of the JVM, and arguments. */
  public static Program jar(List<String> flags, List<String> arguments) {
    List<String> command = java();
    command.addAll(flags);
    command.addAll(List.of("-jar", System.getProperty("backend.jar")));
    command.addAll(arguments);
    return start(root(), Map.of(), command);
  }

  /** Starts the packaged jar in a process that may have so many files and sockets open. */
  public static Program jarWithDescriptors(int most, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "ulimit -n " + most + "; exec \"$@\"", "sh"));
    command.addAll(java());
    command.addAll(List.of("-jar", System.getProperty("backend.jar")));
    command.addAll(List.of(arguments));
    return start(root(), Map.of(), command);
  }

  /** Starts a class of the packaged jar. */
  public static Program main(String mainClass, String... arguments) {
    List<String> command = java();
    command.addAll(List.of("-cp", System.getProperty("backend.jar"), mainClass));
    command.addAll(List.of(arguments));
    return start(root(), Map.of(), command);
  }

  /** Returns the project's folder. */
  public static Path root() {
    return Path.of(System.getProperty("backend.root"));
  }

  /** Returns a port for a program that does not print the one it takes. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Writes to standard input and closes it. */
  public Program input(String text) {
    try (var stdin = process.getOutputStream()) {
      stdin.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return this;
  }

  /** Waits for a line that contains {@code text}, and returns it. */
  public String awaitLine(String text) throws InterruptedException {
    while (true) {
      String line = lines.poll(SECONDS, TimeUnit.SECONDS);
      if (line == null || line.equals(END)) {
        throw new AssertionError("no line with '" + text + "' in " + seen);
      }
      seen.add(line);
      if (line.contains(text)) {
        return line;
      }
    }
  }

  /** Waits for the ready line of a server and returns its port. */
  public int awaitPort() throws InterruptedException {
    Matcher port = PORT.matcher(awaitLine("ready in"));
    if (!port.find()) {
      throw new AssertionError("no port in " + seen);
    }
    return Integer.parseInt(port.group(1));
  }

  /** Waits for the end and returns the exit code. */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("still running after " + SECONDS + " s: " + seen);
    }
    for (String line = lines.take(); !line.equals(END); line = lines.take()) {
      seen.add(line);
    }
    return process.exitValue();
  }

  /** Returns everything that was printed and waited for. */
  public String output() {
    return String.join("\n", seen);
  }

  /** Sends SIGTERM. */
  public void terminate() {
    // Not Process.destroy(), which closes the streams.
    process.toHandle().destroy();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Returns the JVM with the flags that {@code bin/launch} gives it, and quick to start. */
  private static List<String> java() {
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC"));
    if (Runtime.version().feature() >= FIRST_TO_WARN_OF_UNSAFE) {
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    return command;
  }

  private void pump(InputStream stream) {
    Thread reader = new Thread(
        () -> {
          try (BufferedReader text =
              new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            // That the machine is busy is no news of the program.
            text.lines().filter(line -> !line.contains("BlockedThreadChecker")).forEach(lines::add);
          } catch (IOException | UncheckedIOException closed) {
            lines.add(String.valueOf(closed));
          }
          lines.add(END);
        },
        "program output");
    reader.setDaemon(true);
    reader.start();
  }
}
