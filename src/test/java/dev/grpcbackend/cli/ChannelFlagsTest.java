package dev.grpcbackend.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the flags make of the options, without calling anybody. */
@Timeout(120)
class ChannelFlagsTest {

  private record Ran(int exit, String printed) {}

  @ParameterizedTest
  @ValueSource(strings = {"list", "describe", "health", "channel", "call", "greet"})
  void showsTheOptionsInsteadOfCalling(String command) {
    Ran ran = run(command, "--show-config", "--conf", "{authority: a, tls: {insecure: true}}");
    assertThat(ran.exit).isZero();
    assertThat(ran.printed)
        .containsPattern("target +localhost:8080 +default")
        .containsPattern("authority +a +--config")
        .containsPattern("tls.enabled +true +implied")
        .containsPattern("tls.insecure +true +--config");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:1, false default",
    "'[::1]:1', false default",
    "unix:/a.sock, false default",
    "192.0.2.1:1, true implied",
    "localhost.example:1, true implied",
    "localhost:1 --set tls.trustFile=ca.pem, true implied",
    "192.0.2.1:1 --set tls.enabled=false, false --set",
    "192.0.2.1:1 --plaintext, false flag",
    "localhost:1 --tls, true flag",
    "localhost:1 --set tls.enabled=false --cacert ca.pem, true flag",
    "--set target=192.0.2.1:1, true implied"
  })
  void encryptsForOtherMachinesUnlessToldOtherwise(String arguments, String expected) {
    assertThat(setting("tls.enabled", ("health --show-config " + arguments).split(" ", -1)))
        .isEqualTo(expected);
  }

  @Test
  void everyFlagStandsForAnOption() {
    String[] command =
        ("list a.example:1 --show-config --authority b --connect-timeout 1.5 --cacert c --cert d"
                + " --key e --insecure --max-msg-sz 9")
            .split(" ", -1);
    List<String> settings = new ArrayList<>();
    for (String key : List.of(
        "target",
        "authority",
        "transport.connectTimeout",
        "tls.trustFile",
        "tls.certFile",
        "tls.keyFile",
        "tls.insecure",
        "limits.maxInboundMessageBytes")) {
      settings.add(setting(key, command));
    }
    assertThat(settings)
        .containsExactly(
            "a.example:1 flag",
            "b flag",
            "1500ms flag",
            "c flag",
            "d flag",
            "e flag",
            "true flag",
            "9 flag");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "list localhost Service|flag: TARGET: localhost (expected: host:port with a port of 1 to 65535, dns:///host:port, static:///host:port,host:port, or unix:path)",
        "greet Ada localhost|flag: TARGET: localhost (expected: host:port with a port of 1 to 65535, dns:///host:port, static:///host:port,host:port, or unix:path)",
        "list --lb fastest|flag: --lb: fastest (expected: pick_first, round_robin, least_request or ring_hash)",
        "list --service-config {\"a\":1}|flag: serviceConfig.a: unknown field",
        "list --service-config no/such.json|no/such.json: no such file",
        "list --max-msg-sz 0|flag: --max-msg-sz: 0 (expected: >= 1)",
        "list --cert a.pem|tls.keyFile: \"\" (expected: certFile and keyFile together)",
        "list --plaintext --cacert a|--plaintext: given (expected: not beside --tls, --insecure, --cacert or --cert)",
        "list --set targt=a:1|--set: targt: unknown key (nearest: target)",
        "list --config no/such.yaml|no/such.yaml: no such file",
        "list --cacert no/such.pem|tls.trustFile: no/such.pem (expected: a readable PEM file)"
      })
  void saysWhichFlagIsWrong(String arguments, String message) {
    assertThat(run(arguments.split(" ", -1))).isEqualTo(new Ran(ExitCode.USAGE, message));
  }

  @Test
  void asksForTheMethodOfACall() {
    assertThat(run("call", "localhost:1").printed).startsWith("missing parameter: METHOD");
  }

  private static String setting(String key, String... arguments) {
    return run(arguments)
        .printed
        .lines()
        .filter(line -> line.startsWith(key + " "))
        .map(line -> line.substring(key.length()).strip().replaceAll(" +", " "))
        .findFirst()
        .orElseThrow();
  }

  private static Ran run(String... arguments) {
    StringWriter printed = new StringWriter();
    PrintWriter writer = new PrintWriter(printed);
    CommandLine line = Main.commandLine().setOut(writer).setErr(writer);
    int exit = line.execute(arguments);
    writer.flush();
    return new Ran(exit, printed.toString().strip());
  }
}
