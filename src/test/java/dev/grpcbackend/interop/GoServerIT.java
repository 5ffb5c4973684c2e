package dev.grpcbackend.interop;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.testing.Program;
import io.vertx.core.Vertx;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Our client against grpc-go's interop server, where there is Go: built from its module at the
 * version that {@code src/interop/grpc-go} names.
 */
@Timeout(300)
class GoServerIT {

  private static final Path MODULE = Path.of("src", "interop", "grpc-go");
  private static final String SERVER = "google.golang.org/grpc/interop/server";
  private static final String LISTENS = "interop server listening on [::]:";

  /** What that server does nothing about, or refuses: it takes messages of 4 MiB at most. */
  private static final String NOT_ITS_OWN = ".*COMPRESSED.*|VERY_LARGE_REQUEST";

  private static final Vertx VERTX = Vertx.vertx();
  private static final List<Program> SERVERS = new ArrayList<>();

  private static Channel plain;
  private static Channel secure;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    assumeTrue(hasGo(), "go is not on the PATH");
    Path binary = Program.root().resolve("target").resolve("grpc-go-server");
    build(binary);
    plain = Channel.create(VERTX, ChannelOptions.to("127.0.0.1:" + server(binary)));
    int port = server(
        binary,
        "--use_tls",
        "--tls_cert_file=" + PeerProcess.certificate("server1.pem", folder),
        "--tls_key_file=" + PeerProcess.certificate("server1.key", folder));
    secure = Channel.create(
        VERTX,
        ChannelOptions.to("127.0.0.1:" + port)
            .withAuthority(PeerProcess.TLS_NAME)
            .withTls(ChannelOptions.Tls.trusting(PeerProcess.certificate("ca.pem", folder))));
  }

  @AfterAll
  static void stop() {
    VERTX.close().await();
    SERVERS.forEach(Program::close);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = NOT_ITS_OWN)
  void passes(ClientCase testCase) throws Exception {
    testCase.run(new ClientCases(VERTX, plain));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = NOT_ITS_OWN)
  void passesOverTls(ClientCase testCase) throws Exception {
    testCase.run(new ClientCases(VERTX, secure));
  }

  private static boolean hasGo() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "go")));
  }

  private static void build(Path binary) throws InterruptedException {
    List<String> command = List.of("go", "build", "-o", binary.toString(), SERVER);
    try (Program go = Program.start(Program.root().resolve(MODULE), Map.of(), command)) {
      int exit = go.awaitExit();
      // Without its registry, as without Go, there is nothing to meet.
      assumeTrue(exit == 0 || !go.output().contains("dial tcp"), () -> "not built: " + go.output());
      if (exit != 0) {
        throw new AssertionError("go build: " + go.output());
      }
    }
  }

  /** Starts a server on a free port, which it logs, and returns the port. */
  private static int server(Path binary, String... flags) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of(binary.toString(), "--port=0"));
    command.addAll(List.of(flags));
    Program server =
        Program.start(Program.root(), Map.of("GRPC_GO_LOG_SEVERITY_LEVEL", "info"), command);
    SERVERS.add(server);
    String line = server.awaitLine(LISTENS);
    return Integer.parseInt(line.substring(line.indexOf(LISTENS) + LISTENS.length()));
  }
}
