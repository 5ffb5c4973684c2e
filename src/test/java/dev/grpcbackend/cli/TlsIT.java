package dev.grpcbackend.cli;

import static dev.grpcbackend.testing.Program.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.Program;
import io.vertx.core.net.SelfSignedCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands over TLS. */
@Timeout(180)
class TlsIT {

  private static final SelfSignedCertificate SERVER = SelfSignedCertificate.create("localhost");
  private static final SelfSignedCertificate CLIENT = SelfSignedCertificate.create("ada.example");

  @AfterAll
  static void delete() {
    SERVER.delete();
    CLIENT.delete();
  }

  @Test
  void callsAServerWhoseAuthorityItIsTold(@TempDir Path folder) throws Exception {
    try (Program server = serve()) {
      String target = "localhost:" + server.awaitPort();
      String ca = SERVER.certificatePath();
      assertThat(run(0, "list", target, "--cacert", ca)).contains("helloworld.Greeter");
      assertThat(run(0, "call", target, "-cacert", ca, "Service/Process", "-d", "{\"text\":\"a\"}"))
          .contains("\"text\": \"a\"");
      assertThat(run(0, "health", target, "--insecure")).isEqualTo("SERVING");
      Path file = Files.writeString(
          folder.resolve("client.yaml"), "target: " + target + "\ntls: {trustFile: " + ca + "}");
      assertThat(run(0, "greet", "Ada", "--config", file.toString()))
          .isEqualTo("Greeting: Hello Ada");

      String wrong = CLIENT.certificatePath();
      assertThat(run(78, "health", target, "--cacert", wrong))
          .isEqualTo("""
              ERROR:
                Code: Unavailable
                Message: cannot connect to %s: its certificate is of no authority in tls.trustFile, %s""".formatted(target, wrong));
      assertThat(run(78, "health", target, "--tls"))
          .contains("of no authority that Java trusts (tls.trustFile is not set)");
      assertThat(run(78, "health", target, "--cacert", ca, "--authority", "other.example"))
          .contains("other.example");
      assertThat(run(78, "health", target)).contains("does it want TLS (tls.enabled is false)?");
    }
  }

  @Test
  void showsItsCertificateToAServerThatRequiresOne() throws Exception {
    try (Program server = serve(
        "--set", "tls.clientAuth=require", "--set", "tls.trustFile=" + CLIENT.certificatePath())) {
      String target = "localhost:" + server.awaitPort();
      String ca = SERVER.certificatePath();
      String cert = CLIENT.certificatePath();
      String key = CLIENT.privateKeyPath();
      assertThat(run(0, "health", target, "--cacert", ca, "--cert", cert, "--key", key))
          .isEqualTo("SERVING");
      assertThat(run(78, "health", target, "--cacert", ca))
          .contains("does it want a client certificate (tls.certFile is not set)?");
    }
  }

  @Test
  void makesACertificateForAFirstTry() throws Exception {
    try (Program server = Program.jar("serve", "--port", "0", "--tls-self-signed")) {
      int port = server.awaitPort();
      String trust = server.awaitLine("trust its certificate: ");
      String ca = trust.substring(trust.lastIndexOf(' ') + 1);
      assertThat(run(0, "health", "localhost:" + port, "--cacert", ca)).isEqualTo("SERVING");
      assertThat(run(0, "health", "127.0.0.1:" + port, "--cacert", ca)).isEqualTo("SERVING");
      assertThat(run(0, "greet", "Ada", "localhost:" + port, "--cacert", ca))
          .isEqualTo("Greeting: Hello Ada");
    }
    assertThat(run(
            2,
            "serve",
            "--port",
            "0",
            "--tls-self-signed",
            "--tls-cert",
            "a.pem",
            "--tls-key",
            "b"))
        .isEqualTo("--tls-self-signed: true (expected: without --tls-cert, a.pem)");
  }

  @Test
  void saysThatAServerSpeaksNoTls() throws Exception {
    try (Program server = Program.jar("serve", "--port", "0")) {
      String target = "localhost:" + server.awaitPort();
      assertThat(run(78, "health", target, "--tls"))
          .contains("cannot connect to " + target + ": it speaks no TLS");
    }
  }

  private static Program serve(String... more) {
    String[] arguments = new String[more.length + 7];
    String[] first = {
      "serve",
      "--port",
      "0",
      "--tls-cert",
      SERVER.certificatePath(),
      "--tls-key",
      SERVER.privateKeyPath()
    };
    System.arraycopy(first, 0, arguments, 0, first.length);
    System.arraycopy(more, 0, arguments, first.length, more.length);
    return Program.jar(arguments);
  }
}
