package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.transport.Cut;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real client, grpc-java in a process of its own, that is lost in the middle of its calls. */
@Timeout(120)
class LostClientTest {

  @Test
  void tellsTheHandlersOfAClientThatWasKilled() throws Exception {
    try (LifeServer server = new LifeServer()) {
      Process client = client(server.port());
      try {
        List<LifeServer.Started> calls = List.of(server.next(), server.next(), server.next());
        client.destroyForcibly();
        assertCancelled(server, calls);
      } finally {
        client.destroyForcibly();
      }
    }
  }

  /** Its kernel acknowledges all that is sent, as if it lived: only a ping can tell. */
  @Test
  void tellsTheHandlersOfAClientThatWasStopped() throws Exception {
    try (LifeServer server = new LifeServer()) {
      Process client = client(server.port());
      try {
        List<LifeServer.Started> calls = List.of(server.next(), server.next(), server.next());
        signal("STOP", client);
        server.passSeconds(30);
        assertThat(calls.get(0).cancelled().isComplete()).isFalse();
        // What it had sent before may count as a sign of life once more.
        for (int waited = 0; waited < 50 && !calls.get(0).cancelled().isComplete(); waited += 10) {
          server.passSeconds(10);
        }
        assertCancelled(server, calls);
        assertThat(server.cuts()).containsOnlyKeys(Cut.UNANSWERED_PING);
      } finally {
        client.destroyForcibly();
      }
    }
  }

  private static void assertCancelled(LifeServer server, List<LifeServer.Started> calls) {
    for (LifeServer.Started call : calls) {
      assertThat(await(call.cancelled()).code()).isEqualTo(GrpcStatus.CANCELLED);
    }
    await(server.verticle().calls().idle());
    server.awaitConnections(0);
  }

  private static Process client(int port) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            LostClient.class.getName(),
            Integer.toString(port))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void signal(String name, Process process) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
        .inheritIO()
        .start();
    assertThat(kill.waitFor(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
