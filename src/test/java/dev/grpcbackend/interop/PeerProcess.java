package dev.grpcbackend.interop;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipFile;

/**
 * grpc-java's interop programs in a child process, on the class path that the build resolved for
 * them. Ends the process when it is closed.
 */
final class PeerProcess implements AutoCloseable {

  /** What the build wrote: the programs and what they need, apart from this project's own. */
  private static final Path CLASS_PATH = Path.of("target", "interop-class-path.txt");

  /** A name that the programs' server certificate is good for. */
  static final String TLS_NAME = "foo.test.google.fr";

  private static final int KEPT_LINES = 200;
  private static final String ENDED = PeerMain.FAILED + "the process has ended";

  private final Process process;
  private final Writer input;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private final List<String> output = new ArrayList<>();

  private PeerProcess(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        // Small and quick to start: it lives for seconds and shares the machine with the tests.
        "-Xmx512m",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        classPath(),
        PeerMain.class.getName()));
    command.addAll(arguments);
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    input = process.outputWriter(StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "interop-peer-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a process that runs clients. */
  static PeerProcess clients() {
    return new PeerProcess(List.of());
  }

  /** Starts a process that runs the server with these flags on a free port. */
  static PeerProcess server(String... flags) {
    List<String> arguments = new ArrayList<>(List.of("server", "--port=0"));
    arguments.addAll(List.of(flags));
    return new PeerProcess(arguments);
  }

  /** Waits until the server listens and returns its port. */
  int port() {
    String answer = answer(30);
    if (!answer.startsWith(PeerMain.PORT)) {
      throw new AssertionError(answer + "\n" + log());
    }
    return Integer.parseInt(answer.substring(PeerMain.PORT.length()));
  }

  /** Runs the client with these flags; an assertion error with its output unless it passes. */
  void run(String... flags) {
    try {
      input.write(String.join(" ", flags) + "\n");
      input.flush();
    } catch (IOException e) {
      throw new AssertionError("cannot write to the peer process\n" + log(), e);
    }
    String answer = answer(60);
    if (!answer.equals(PeerMain.PASSED)) {
      throw new AssertionError(answer + "\n" + log());
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Writes a PEM file of the programs' own authority to a directory: {@code ca.pem}, {@code
   * server1.pem} for {@link #TLS_NAME}, {@code server1.key}.
   */
  static String certificate(String name, Path directory) throws IOException {
    for (String jar : classPath().split(File.pathSeparator, -1)) {
      if (jar.contains("grpc-testing-")) {
        try (ZipFile zip = new ZipFile(jar);
            InputStream pem = zip.getInputStream(zip.getEntry("certs/" + name))) {
          Path file = directory.resolve(name);
          Files.copy(pem, file);
          return file.toString();
        }
      }
    }
    throw new IllegalStateException("no grpc-testing in " + CLASS_PATH);
  }

  private String answer(int seconds) {
    try {
      String answer = answers.poll(seconds, TimeUnit.SECONDS);
      return answer == null ? "no answer of the peer within " + seconds + " s" : answer;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private void read() {
    try (BufferedReader lines = new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(PeerMain.MARK)) {
          answers.add(line);
        } else {
          keep(line);
        }
      }
    } catch (IOException closed) {
      keep(closed.toString());
    }
    answers.add(ENDED);
  }

  private synchronized void keep(String line) {
    if (output.size() == KEPT_LINES) {
      output.remove(0);
    }
    output.add(line);
  }

  private synchronized String log() {
    return String.join("\n", output);
  }

  private static String classPath() {
    try {
      // The programs first: of this project they get PeerMain and nothing that they have
      // themselves.
      return Files.readString(CLASS_PATH).strip()
          + File.pathSeparator
          + Path.of(
              PeerMain.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    } catch (IOException e) {
      throw new UncheckedIOException(
          CLASS_PATH
              + " is missing (expected: written by the build, phase generate-test-resources)",
          e);
    }
  }
}
