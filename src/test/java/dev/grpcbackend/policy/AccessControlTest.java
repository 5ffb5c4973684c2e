package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.call.Principal;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.rpc.Metadata;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may call what, as a policy file says. */
@Timeout(120)
class AccessControlTest {

  private static final String HEADER = "x-api-key";

  private GuardedServer server;

  @BeforeEach
  void create(@TempDir Path folder) {
    server = new GuardedServer(folder);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private static String rules(String... rules) {
    StringBuilder text = new StringBuilder(GuardedServer.KEYS).append("rules:\n");
    for (String rule : rules) {
      text.append("- ").append(rule).append('\n');
    }
    return text.toString();
  }

  @Test
  void startsHandlersForCallersWithTheRoleOnly() throws Exception {
    server.start(rules("allow Service/Process to role:staff"));

    assertThat(server.call(HEADER, "ada-key")).contains("hello apikey:ada");
    assertThat(server.handled).hasValue(1);
    assertThat(server.call(HEADER, "bob-key"))
        .isEqualTo("{\"code\":\"permission_denied\",\"message\":\"not allowed\"}");
    String unknown = "{\"code\":\"unauthenticated\",\"message\":\"not authenticated\"}";
    assertThat(server.call()).isEqualTo(unknown);
    assertThat(server.call(HEADER, "no-key")).isEqualTo(unknown);
    assertThat(server.call(HEADER, "ada-key", HEADER, "ada-key")).isEqualTo(unknown);
    assertThat(server.call(HEADER, "x".repeat(4_000))).isEqualTo(unknown);
    assertThat(server.handled).hasValue(1);
  }

  @Test
  void letsTheFirstRuleThatFitsDecide() throws Exception {
    server.start(rules("deny Service/* to user:bob", "allow * to authenticated"));

    assertThat(server.call(HEADER, "ada-key")).contains("hello");
    assertThat(server.call(HEADER, "bob-key")).contains("permission_denied");
  }

  @Test
  void refusesWhatNoRuleIsFor() throws Exception {
    server.start(rules("allow grpc.health.v1.Health/* to anyone"));

    assertThat(server.call(HEADER, "ada-key")).contains("permission_denied");
    assertThat(server.handled).hasValue(0);
  }

  @Test
  void refusesAnonymousCallersWhenThereAreNoRules() throws Exception {
    server.start(GuardedServer.KEYS);

    assertThat(server.call()).contains("unauthenticated");
    assertThat(server.call(HEADER, "bob-key")).contains("hello apikey:bob");
  }

  @Test
  void letsAnyoneCallWhatIsForAnyone() throws Exception {
    server.start(rules("allow Service/Process to anyone"));

    assertThat(server.call()).contains("hello anonymous:anonymous");
    assertThat(server.call(HEADER, "no-key")).contains("unauthenticated");
  }

  @Test
  void tellsApartWhoHasTheSameNameByAnotherProof() {
    Principal byKey = new Principal("ada", "apikey", Set.of());
    Principal byToken = new Principal("ada", "jwt", Set.of(), Map.of("tenant", "acme"));

    assertThat(Rule.of("allow * to jwt:ada").isFor(byKey)).isFalse();
    assertThat(Rule.of("allow * to jwt:ada").isFor(byToken)).isTrue();
    assertThat(Rule.of("allow * to user:ada").isFor(byKey)).isTrue();
    assertThat(Rule.of("allow * to user:anonymous").isFor(Principal.ANONYMOUS)).isFalse();
    assertThat(Rule.of("allow * to claim:tenant=acme").isFor(byToken)).isTrue();
    assertThat(Rule.of("allow * to claim:tenant=acm").isFor(byToken)).isFalse();
  }

  @Test
  void refusesToStartWithARuleForNoMethodAndNamesTheNearest() {
    assertThatThrownBy(() -> server.start(rules("allow Service/Proces to anyone")))
        .rootCause()
        .hasMessageEndingWith("policy.yaml line 7: rules: allow Service/Proces to anyone"
            + " (expected: one that is served, Service/Process)");
  }

  @Test
  void namesFileAndLineOfARuleThatIsMalformed() {
    assertThatThrownBy(() -> server.start(rules("permit all")))
        .hasMessageContaining(
            "policy.yaml line 7: rules: permit all (expected: allow|deny METHODS to WHO");
  }

  @Test
  void doesNotShowAKeyThatSomebodyForgotToHash() {
    assertThatThrownBy(() -> server.start("authenticate:\n  apiKeys:\n    keys: [my-secret ada]\n"))
        .hasMessageContaining("authenticate.apiKeys.keys: entry 1 (expected: SHA-256 in hex")
        .message()
        .doesNotContain("my-secret");
  }

  @Test
  void takesAChangedFileAndKeepsThePolicyWhenItIsBad() throws Exception {
    server.start(rules("allow Service/Process to role:staff"));
    assertThat(server.call(HEADER, "bob-key")).contains("permission_denied");

    Files.writeString(server.file, rules("allow Service/Process to user:bob"));
    while (!server.call(HEADER, "bob-key").contains("hello")) {
      Thread.onSpinWait();
    }
    assertThat(server.call(HEADER, "ada-key")).contains("permission_denied");

    Files.writeString(server.file, "rules: [nonsense]");
    for (int i = 0; i < 50; i++) {
      assertThat(server.call(HEADER, "bob-key")).contains("hello");
    }
  }

  @Test
  void asksAnAuthenticatorOfTheUsersFirst() throws Exception {
    Metadata.Key<String> who = Metadata.Key.ascii("x-who");
    AtomicReference<Promise<Principal>> asked = new AtomicReference<>();
    Authenticator own = (headers, peer) -> {
      String name = headers.get(who);
      if (name == null) {
        return Authenticator.NO_CREDENTIALS;
      }
      // Answered later, on another thread.
      Promise<Principal> answer = Promise.promise();
      asked.set(answer);
      new Thread(() -> answer.complete(new Principal(name, "word", Set.of("staff")))).start();
      return answer.future();
    };
    AtomicReference<Boolean> onContext = new AtomicReference<>();
    ServerInterceptor looks = new ServerInterceptor() {
      @Override
      public <Req, Resp> Future<Void> intercept(
          ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
        onContext.set(call.context() == Vertx.currentContext());
        return next.handle(call);
      }
    };
    server.start(
        rules("allow Service/Process to role:staff"),
        builder -> builder.authenticator(own).intercept(looks));

    assertThat(server.call("x-who", "eve")).contains("hello word:eve");
    assertThat(onContext).hasValue(true);
    assertThat(server.call(HEADER, "ada-key")).contains("hello apikey:ada");
    assertThat(server.call()).contains("unauthenticated");
  }

  @Test
  void tellsWhoCallsOnTheContextToo() throws Exception {
    AtomicReference<String> told = new AtomicReference<>("");
    ServerInterceptor looks = new ServerInterceptor() {
      @Override
      public <Req, Resp> Future<Void> intercept(
          ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
        return server.vertx.timer(1).compose(later -> {
          ServerCall<?, ?> current = ServerCall.current();
          told.set(current == null ? "nobody" : current.principal().name());
          return next.handle(call);
        });
      }
    };
    server.start(rules("allow Service/Process to role:staff"), builder -> builder.intercept(looks));

    assertThat(ServerCall.current()).isNull();
    assertThat(server.call(HEADER, "ada-key")).contains("hello apikey:ada");
    assertThat(told).hasValue("ada");
  }
}
