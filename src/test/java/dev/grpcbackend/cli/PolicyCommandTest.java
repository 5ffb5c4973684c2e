package dev.grpcbackend.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What is said of a policy file without a server. */
@Timeout(120)
class PolicyCommandTest {

  private static final String HELLO = "helloworld.Greeter/SayHello";

  private Path file = Path.of("policy.yaml");

  private record Ran(int exit, String printed) {}

  @BeforeEach
  void write(@TempDir Path folder) throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "0123456789abcdef0123456789abcdef");
    file = folder.resolve("policy.yaml");
    policy("""
        authenticate:
          jwt:
            keys:
              secretFile: %s
            issuer: https://issuer
            audience: shop
            rolesClaim: realm_access.roles
        rules:
        - allow grpc.health.v1.Health/* to anyone
        - deny helloworld.Greeter/Chat to user:ada
        - allow helloworld.Greeter/* to role:staff
        """.formatted(secret));
  }

  private void policy(String text) throws Exception {
    Files.writeString(file, text);
  }

  private Ran policyCommand(String command, String... more) {
    StringWriter printed = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(printed));
    line.setErr(new PrintWriter(printed));
    String[] arguments = new String[more.length + 3];
    arguments[0] = "policy";
    arguments[1] = command;
    arguments[2] = file.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return new Ran(line.execute(arguments), printed.toString());
  }

  private String token(String... more) {
    return policyCommand("token", more).printed.strip();
  }

  private Ran explain(String method, String... more) {
    String[] arguments = new String[more.length + 2];
    arguments[0] = "--method";
    arguments[1] = method;
    System.arraycopy(more, 0, arguments, 2, more.length);
    return policyCommand("explain", arguments);
  }

  @Test
  void showsTheRulesOfEachMethod() {
    Ran ran = policyCommand("check");
    assertThat(ran.exit).isZero();
    assertThat(ran.printed)
        .containsPattern("Service/Process +nobody\n")
        .containsPattern("grpc.health.v1.Health/Check +allow grpc.health.v1.Health/\\* to anyone\n")
        .containsPattern("Greeter/Chat +deny helloworld.Greeter/Chat to user:ada; allow hello");
  }

  @Test
  void namesLineAndNearestMethodOfARuleForNone() throws Exception {
    policy("rules:\n- allow helloworld.Greter/Chat to anyone\n");
    Ran ran = policyCommand("check");
    assertThat(ran.exit).isEqualTo(2);
    assertThat(ran.printed.strip())
        .isEqualTo(file + " line 2: rules: allow helloworld.Greter/Chat to anyone"
            + " (expected: one that is served, helloworld.Greeter/Chat)");
  }

  @Test
  void saysWhichRuleAllows() {
    Ran ran = explain(HELLO, "--token", token("--name", "ada", "--role", "staff"));
    assertThat(ran.exit).isZero();
    assertThat(ran.printed).isEqualTo("""
        method  helloworld.Greeter/SayHello
        caller  jwt:ada, roles staff
        answer  allowed
        reason  allow helloworld.Greeter/* to role:staff
        """);
  }

  @Test
  void saysWhichRuleRefuses() {
    String token = token("--name", "ada", "--role", "staff");
    Ran ran = explain("helloworld.Greeter/Chat", "-H", "Authorization: Bearer " + token);
    assertThat(ran.exit).isEqualTo(1);
    assertThat(ran.printed)
        .contains("answer  refused with PERMISSION_DENIED")
        .contains("reason  deny helloworld.Greeter/Chat to user:ada");
    assertThat(explain(HELLO, "--token", token("--name", "eve")).printed)
        .contains("refused with PERMISSION_DENIED")
        .contains("reason  no rule is for this method and caller");
  }

  @Test
  void saysWhatIsWrongWithCredentials() {
    assertThat(explain(HELLO).printed)
        .contains("caller  anonymous", "refused with UNAUTHENTICATED", "no rule is for");
    assertThat(explain(HELLO, "--token", "abc").printed)
        .contains("caller  not known", "refused with UNAUTHENTICATED", "reason  malformed token");
    assertThat(explain("grpc.health.v1.Health/Check").exit).isZero();
  }

  @Test
  void saysWhoMaySeeTheMetrics() throws Exception {
    assertThat(explain("/metrics").printed).contains("no rule is for /metrics and this caller");
    policy("rules:\n- allow * to anyone\n- allow /metrics to anyone\n");
    Ran ran = explain("/metrics");
    assertThat(ran.exit).isZero();
    assertThat(ran.printed).contains("method  /metrics\n", "reason  allow /metrics to anyone\n");
  }

  @Test
  void namesTheNearestMethodOfOneThatIsNotServed() {
    Ran ran = explain("helloworld.Greeter/SayHelo");
    assertThat(ran.exit).isEqualTo(2);
    assertThat(ran.printed)
        .contains(
            "--method: helloworld.Greeter/SayHelo (expected: a method that is served, " + HELLO);
  }

  @Test
  void signsNothingWithoutASecret() throws Exception {
    policy("rules:\n- allow * to authenticated\n");
    Ran ran = policyCommand("token", "--name", "ada");
    assertThat(ran.exit).isEqualTo(2);
    assertThat(ran.printed)
        .contains(
            "authenticate.jwt.keys.secretFile: none (expected: a file; only who has the secret");
  }
}
