package dev.grpcbackend.cli;

import static dev.grpcbackend.testing.Program.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the commands that call get their options from. */
@Timeout(180)
class ClientConfigIT {

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path folder;

  @Test
  void callsTheServerThatTheConfigurationNames() throws Exception {
    try (Program server = Program.jar("serve", "--port", "0")) {
      String target = "127.0.0.1:" + server.awaitPort();
      String file = file("target: " + target);
      assertThat(run(0, "greet", "Ada", "--config", file)).isEqualTo("Greeting: Hello Ada");
      assertThat(run(0, "list", "--config", file)).contains("helloworld.Greeter");
      assertThat(run(0, "list", "--config", file, "Service")).isEqualTo("Service.Process");
      assertThat(run(0, "describe", "--config", file, "Request")).contains("Request is a message");
      assertThat(run(0, "health", "--set", "target=" + target)).isEqualTo("SERVING");
      assertThat(run(0, "call", "-conf", file, "Service/Process", "-d", "{\"text\":\"a\"}"))
          .contains("\"text\": \"a\"");
      assertThat(run(
              72,
              "call",
              "--config",
              file,
              "--max-msg-sz",
              "2",
              "Service/Process",
              "-d",
              "{\"text\":\"abc\"}"))
          .contains("ResourceExhausted", "limit of 2 bytes");

      String elsewhere = file("target: 127.0.0.1:1");
      assertThat(run(0, "health", target, "--config", elsewhere)).isEqualTo("SERVING");
      try (Program health =
          Program.jar(Map.of("GRPC_CLIENT_TARGET", target), "health", "--config", elsewhere)) {
        assertThat(health.outputOf(0)).isEqualTo("SERVING");
      }
      assertThat(run(78, "health", "--config", elsewhere)).contains("127.0.0.1:1");
    }
  }

  @Test
  void callsSeveralServersAgainAndAgain() throws Exception {
    try (Program one = Program.jar("serve", "--port", "0");
        Program two = Program.jar("serve", "--port", "0")) {
      String targets = "127.0.0.1:" + one.awaitPort() + ",127.0.0.1:" + two.awaitPort();
      String file = file("serviceConfig:\n  loadBalancingConfig: [{round_robin: {}}]");

      String output = run(
          0,
          "call",
          targets,
          "Service/Process",
          "--config",
          file,
          "--repeat",
          "20",
          "--every",
          "0.01");

      assertThat(output).contains("20 calls: 20 OK").containsPattern("servers: \\d+ .*, \\d+ .*");
    }
  }

  @Test
  void sumsUpCallsThatFail() throws Exception {
    assertThat(run(
            78,
            "call",
            "127.0.0.1:1",
            "Service/Process",
            "--proto",
            "proto/service.proto",
            "--repeat",
            "2"))
        .contains("2 calls: 2 UNAVAILABLE", "servers: none");
  }

  @Test
  void showsEveryOptionWithItsOrigin() throws Exception {
    String file =
        file("authority: file\nlimits:\n  maxInboundMessageBytes: 1\n  maxInboundMetadataBytes: 1");
    Map<String, String> environment = Map.of(
        "GRPC_CLIENT_LIMITS_MAX_INBOUND_MESSAGE_BYTES",
        "2",
        "GRPC_CLIENT_CONNECTIONS_MAX_WAIT",
        "3s");
    try (Program list = Program.jar(
        environment,
        "list",
        "a.example:1",
        "--config",
        file,
        "--show-config",
        "--connect-timeout",
        "1.5",
        "--max-msg-sz",
        "4")) {
      assertThat(list.outputOf(0))
          .containsPattern("target +a.example:1 +flag")
          .containsPattern("authority +file +" + file)
          .containsPattern("transport.connectTimeout +1500ms +flag")
          .containsPattern("transport.userAgent +vertx-grpc-backend +default")
          .containsPattern("tls.enabled +true +implied")
          .containsPattern("connections.maxWait +3s +environment")
          .containsPattern("limits.maxInboundMessageBytes +4 +flag")
          .containsPattern("limits.maxInboundMetadataBytes +1 +" + file);
    }
  }

  @Test
  void refusesAConfigurationThatItDoesNotUnderstand() throws Exception {
    String file = file("limits:\n  maxInboundMsgBytes: 1\n");
    assertThat(run(2, "list", "--config", file))
        .isEqualTo(file
            + ": limits.maxInboundMsgBytes: unknown key (nearest: limits.maxInboundMessageBytes)");
    try (Program health = Program.jar(Map.of("GRPC_CLIENT_TARGE", "a:1"), "health")) {
      assertThat(health.outputOf(2))
          .isEqualTo("environment: GRPC_CLIENT_TARGE: unknown key (nearest: GRPC_CLIENT_TARGET)");
    }
  }

  private String file(String yaml) throws Exception {
    return Files.writeString(Files.createTempFile(folder, "client", ".yaml"), yaml)
        .toString();
  }
}
