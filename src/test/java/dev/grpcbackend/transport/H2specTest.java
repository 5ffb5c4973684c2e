package dev.grpcbackend.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.grpcbackend.testing.Patience;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The transport before h2spec 2.2.0, which knows RFC 7540 and 7541 and sends what breaks them. */
class H2specTest {

  private static final String ARCHIVE = "h2spec/2.2.0/h2spec_linux_amd64.tar.gz";
  private static final Pattern TOTALS =
      Pattern.compile("(\\d+) tests, (\\d+) passed, (\\d+) skipped, (\\d+) failed");
  private static final HttpLimits LIMITS = new HttpLimits(
      1 << 20,
      1 << 24,
      100,
      64 << 10,
      2_000,
      new HttpLimits.Pings(0, true),
      new HttpLimits.Patience(240, 0));

  @Test
  @Timeout(120)
  void passesEveryCase(@TempDir Path folder) throws Exception {
    assumeTrue(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "h2spec is there for Linux on amd64 only");
    Path program = unpacked(folder);
    Vertx vertx = Vertx.vertx();
    try {
      NetServer server = vertx
          .createNetServer()
          .connectHandler(new SocketTransport(
              LIMITS, H2specTest::serve, new Unheard(), HeldMemory.OF_PROCESS, System::nanoTime))
          .listen(0, "127.0.0.1")
          .toCompletionStage()
          .toCompletableFuture()
          .get(Patience.SECONDS, TimeUnit.SECONDS);
      String report = run(
          folder,
          List.of(
              program.toString(),
              "-h",
              "127.0.0.1",
              "-p",
              Integer.toString(server.actualPort()),
              "-o",
              "5"));
      Matcher totals = TOTALS.matcher(report);
      assertThat(totals.find()).as(report).isTrue();
      assertThat(totals.group(2)).as(report).isEqualTo(totals.group(1)).isEqualTo("145");
    } finally {
      vertx
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .get(Patience.SECONDS, TimeUnit.SECONDS);
    }
  }

  private static final class Unheard implements ConnectionListener {

    @Override
    public void opened(SocketConnection connection) {}

    @Override
    public void identified(SocketConnection before, SocketConnection now) {}

    @Override
    public void cut(Connection connection, Cut cut) {}

    @Override
    public boolean reset(Connection connection, int opened) {
      return false;
    }
  }

  /** Answers each request with a few bytes once it has ended. */
  private static void serve(Exchange exchange) {
    exchange.receiver(new Exchange.Receiver() {
      @Override
      public void onData(Buffer data) {}

      @Override
      public void onEnd() {
        exchange.head(200, HeaderBlock.of("content-type", "text/plain"));
        exchange.end(Buffer.buffer("hello"), null);
      }

      @Override
      public void onCancelled(String reason) {}

      @Override
      public void onWritable() {}
    });
  }

  private static Path unpacked(Path folder) throws Exception {
    Path archive = folder.resolve("h2spec.tar.gz");
    try (InputStream in = H2specTest.class.getClassLoader().getResourceAsStream(ARCHIVE)) {
      assertThat(in).as(ARCHIVE).isNotNull();
      Files.copy(in, archive);
    }
    run(folder, List.of("tar", "-xzf", archive.toString()));
    return folder.resolve("h2spec");
  }

  private static String run(Path folder, List<String> command)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process = new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
    try {
      assertThat(process.waitFor(100, TimeUnit.SECONDS)).as(command.toString()).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(output);
  }
}
