package dev.grpcbackend.cli;

import static dev.grpcbackend.testing.Program.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.Program;
import io.grpc.ManagedChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class ProgramIT {

  @Test
  void servesAndIsCalledListedDescribedAndChecked() throws Exception {
    try (Program server = Program.jar("serve", "--port", "0")) {
      String target = "localhost:" + server.awaitPort();
      assertThat(run(0, "greet", "Ada", target)).isEqualTo("Greeting: Hello Ada");
      assertThat(run(0, "list", target)).isEqualTo("""
              Service
              grpc.health.v1.Health
              grpc.reflection.v1.ServerReflection
              grpc.reflection.v1alpha.ServerReflection
              helloworld.Greeter""");
      assertThat(run(0, "list", target, "Service")).isEqualTo("Service.Process");
      assertThat(run(0, "describe", target, "helloworld.HelloRequest")).isEqualTo("""
              helloworld.HelloRequest is a message:
              message HelloRequest {
                string name = 1;
              }""");
      assertThat(run(0, "call", target, "Service/Process", "-d", "{\"text\":\"hola\"}"))
          .isEqualTo("{\n  \"text\": \"hola\"\n}");
      assertThat(run(
              0,
              "call",
              "-plaintext",
              target,
              "helloworld.Greeter.SayHelloInManyLanguages",
              "-d",
              "{\"name\":\"Bo\"}"))
          .contains("Hello Bo", "Hola Bo", "Ciao Bo");
      assertThat(run(0, "health", target)).isEqualTo("SERVING");
      assertThat(run(0, "channel", target + ",127.0.0.1:1", "--lb", "round_robin"))
          .matches("(?s)\\S+  READY              1 connection\\R"
              + "127.0.0.1:1 +  TRANSIENT_FAILURE  .*Connection refused");
      assertThat(run(69, "health", target, "nobody")).contains("Code: NotFound");
      assertThat(run(1, "call", target, "helloworld.Greeter/SayHelo"))
          .contains("unknown method", "nearest: SayHello");
      assertThat(run(1, "call", target, "Service/Process", "-d", "{\"txt\":1}")).contains("txt");
      assertThat(run(0, "call", target, "-v", "Service/Process", "-H", "x-a: b"))
          .contains(
              "x-a: b", "Response trailers received:", "Sent 1 request and received 1 response");
      try (Program chat = Program.jar("call", target, "helloworld.Greeter/Chat", "-d", "@")) {
        chat.input("{\"name\":\"A\"} {\"name\":\"B\"}");
        assertThat(chat.awaitExit()).isZero();
        assertThat(chat.output()).contains("Hello A", "Hello B");
      }
    }
  }

  @Test
  void showsHowAServerGoesAndComesBack() throws Exception {
    try (Program server = Program.jar("serve", "--port", "0")) {
      int port = server.awaitPort();
      try (Program watch = Program.jar("channel", "localhost:" + port, "--watch")) {
        watch.awaitLine("1 connection");
        server.terminate();
        server.awaitExit();
        assertThat(watch.awaitLine("TRANSIENT_FAILURE")).contains("Connection refused");
        try (Program again = Program.jar("serve", "--port", String.valueOf(port))) {
          assertThat(again.awaitPort()).isEqualTo(port);
          watch.awaitLine("1 connection");
        }
      }
    }
  }

  @Test
  void readsItsSchemaFromFilesWhereTheServerHasNoReflection() throws Exception {
    try (Program server =
        Program.jar("serve", "--port", "0", "--set", "services.reflection=false")) {
      String target = "localhost:" + server.awaitPort();
      assertThat(run(1, "list", target)).contains("does not support reflection", "--proto");
      assertThat(run(
              0,
              "call",
              target,
              "helloworld.Greeter/SayHello",
              "-d",
              "{\"name\":\"Cy\"}",
              "--import-path",
              "proto",
              "--proto",
              "helloworld/greeter.proto"))
          .contains("Hello Cy");
    }
  }

  @Test
  void losesNoCallInFlightOnSigterm() throws Exception {
    try (Program server = Program.jar("serve", "--port", "0")) {
      int port = server.awaitPort();
      CountDownLatch warm = new CountDownLatch(500);
      List<String> lost = new CopyOnWriteArrayList<>();
      AtomicBoolean terminated = new AtomicBoolean();
      AtomicBoolean stop = new AtomicBoolean();
      ManagedChannel channel = GrpcJava.channel(port);
      Thread[] callers = new Thread[4];
      for (int i = 0; i < callers.length; i++) {
        callers[i] = new Thread(() -> {
          while (!stop.get()) {
            boolean inFlight = !terminated.get();
            try {
              Request request = Request.newBuilder().setText("x").build();
              GrpcJava.unary(channel, "Service/Process", request, Response.getDefaultInstance());
              warm.countDown();
            } catch (io.grpc.StatusRuntimeException failure) {
              // A call that begins after the signal may find nobody; that is no lost call.
              if (inFlight) {
                lost.add(failure + " caused by " + failure.getCause());
              }
              return;
            }
          }
        });
        callers[i].start();
      }
      assertThat(warm.await(30, TimeUnit.SECONDS)).isTrue();
      terminated.set(true);
      server.terminate();
      server.awaitLine("draining: ");
      server.awaitLine("stopped: ");
      stop.set(true);
      for (Thread caller : callers) {
        caller.join();
      }
      channel.shutdownNow();
      assertThat(lost).isEmpty();
    }
  }

  @Test
  void saysInOneLineThatThePortIsTaken() throws Exception {
    try (Program server = Program.jar("serve", "--host", "127.0.0.1", "--port", "0")) {
      int port = server.awaitPort();
      assertThat(run(15, "serve", "--host", "127.0.0.1", "--port", "" + port))
          .isEqualTo("cannot listen on 127.0.0.1:" + port + ": address already in use");
    }
  }

  @Test
  void refusesAConfigurationThatItDoesNotUnderstand(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("server.yaml");
    Files.writeString(file, "limits:\n  maxInboundMessageBytes: 0\n");
    assertThat(run(2, "serve", "--config", file.toString()))
        .isEqualTo(file + ": limits.maxInboundMessageBytes: 0 (expected: > 0)");
    assertThat(run(2, "serve", "--set", "prot=1")).contains("prot: unknown key (nearest: port)");
    assertThat(run(2, "serve", "--conf", "{port: 1, ")).startsWith("--config line 1: ");
    assertThat(run(2, "serve", "--port", "x")).contains("--port: x (expected: a whole number)");
    assertThat(run(2, "serve", "--service", "no.Such"))
        .contains("no.Such (expected: a class on the class path)");
  }

  @Test
  void showsEveryOptionWithItsOrigin() throws Exception {
    assertThat(run(0, "serve", "--show-config", "--port", "9", "--set", "limits.maxDeadline=5s"))
        .containsPattern("port +9 +flag")
        .containsPattern("limits.maxDeadline +5s +--set")
        .containsPattern("drain.timeout +30s +default");
  }

  @Test
  void runsByTheLegacyVertxLauncher() throws Exception {
    int port = Program.freePort();
    try (Program server = Program.main(
        "io.vertx.core.Launcher",
        "run",
        "dev.grpcbackend.server.GrpcServerVerticle",
        "-conf",
        "{\"host\":\"127.0.0.1\",\"port\":" + port + "}")) {
      server.awaitLine("Succeeded in deploying verticle");
      assertThat(run(0, "greet", "Leo", "localhost:" + port)).isEqualTo("Greeting: Hello Leo");
    }
  }

  @Test
  void runsByTheVertxApplicationLauncherWithManyInstances() throws Exception {
    int port = Program.freePort();
    try (Program server = Program.main(
        "io.vertx.launcher.application.VertxApplication",
        "dev.grpcbackend.server.GrpcServerVerticle",
        "-conf",
        "{\"host\":\"127.0.0.1\",\"port\":" + port + "}",
        "-instances",
        "2")) {
      server.awaitLine("Succeeded in deploying verticle");
      assertThat(run(0, "greet", "Vera", "localhost:" + port)).isEqualTo("Greeting: Hello Vera");
    }
  }
}
