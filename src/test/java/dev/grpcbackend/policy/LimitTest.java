package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.server.GrpcServerVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many calls a caller may make. */
@Timeout(120)
class LimitTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final String HEADER = "x-api-key";

  private final AtomicLong clock = new AtomicLong(-5);
  private GuardedServer server;

  @BeforeEach
  void create(@TempDir Path folder) {
    server = new GuardedServer(folder);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private static String policy(String limit) {
    return GuardedServer.KEYS + "rules:\n- allow * to anyone\nlimits:\n- " + limit + "\n";
  }

  @Test
  void letsSoManyThroughAtOnceAndThenAsTimePasses() {
    Rate rate = new Rate(4, SECOND, clock::get);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 4; i++) {
        assertThat(rate.take("ada")).isZero();
      }
      assertThat(rate.take("ada")).isEqualTo(SECOND / 4);
      assertThat(rate.take("bob")).isZero();
      clock.addAndGet(SECOND / 4);
      assertThat(rate.take("ada")).isZero();
      assertThat(rate.take("ada")).isEqualTo(SECOND / 4);
      clock.addAndGet(10 * SECOND);
    }
  }

  @Test
  void holdsSomewhatOfTheTimeExactly() {
    Rate rate = new Rate(100, SECOND, clock::get);
    int through = 0;
    for (int millis = 0; millis < 10_000; millis++) {
      clock.addAndGet(SECOND / 1_000);
      through += rate.take("ada") == 0 ? 1 : 0;
    }
    // A hundred at once in the beginning, and then a hundred in each second.
    assertThat(through).isBetween(1_095, 1_100);
  }

  @Test
  void remembersNobodyWhoHasAllAgain() {
    Rate rate = new Rate(2, SECOND, clock::get);
    for (int i = 0; i < 1_000_000; i++) {
      rate.take("made up " + i);
      clock.addAndGet(SECOND / 50_000);
    }
    assertThat(rate.keys()).isLessThanOrEqualTo(10_001);
    assertThat(rate.take("new")).isZero();
  }

  @Test
  void countsCallersApartAndTellsWhenToComeBack() throws Exception {
    server.start(policy("limit Service/Process to 3 per hour by caller"));
    for (int i = 0; i < 3; i++) {
      assertThat(server.call(HEADER, "ada-key")).contains("hello");
    }
    JsonObject refusal = JsonParser.parseString(server.call(HEADER, "ada-key")).getAsJsonObject();
    assertThat(refusal.get("code").getAsString()).isEqualTo("resource_exhausted");
    assertThat(refusal.get("message").getAsString())
        .matches("too many calls, retry after 1[12]\\d{5} ms");
    assertThat(RetryInfo.parseFrom(detail(refusal, 0)).getRetryDelay().getSeconds())
        .isBetween(1_100L, 1_200L);
    assertThat(QuotaFailure.parseFrom(detail(refusal, 1)).getViolations(0).getDescription())
        .isEqualTo("limit Service/Process to 3 per hour by caller");
    assertThat(server.call(HEADER, "bob-key")).contains("hello");
    assertThat(server.call()).contains("hello anonymous");
    assertThat(server.handled).hasValue(5);
  }

  private static byte[] detail(JsonObject error, int index) {
    JsonObject detail = error.getAsJsonArray("details").get(index).getAsJsonObject();
    return Base64.getDecoder().decode(detail.get("value").getAsString());
  }

  @Test
  void countsAllTogether() throws Exception {
    server.start(policy("limit * to 2 per hour by all"));
    assertThat(server.call(HEADER, "ada-key")).contains("hello");
    assertThat(server.call(HEADER, "bob-key")).contains("hello");
    assertThat(server.call()).contains("resource_exhausted");
  }

  @Test
  void goesOnCountingWhenThePolicyIsReadAgain() throws Exception {
    server.start(policy("limit * to 2 per hour by all"));
    assertThat(server.call()).contains("hello");
    assertThat(server.call()).contains("hello");
    Files.writeString(
        server.file,
        policy("limit * to 2 per hour by all").replace("to anyone", "to authenticated"));
    while (!server.call().contains("unauthenticated")) {
      Thread.onSpinWait();
    }
    assertThat(server.call(HEADER, "ada-key")).contains("resource_exhausted");
  }

  @Test
  void countsTheCallsOfAllInstances() throws Exception {
    List<GrpcServerVerticle.Builder> builders = new ArrayList<>();
    server.start(policy("limit * to 5 per hour by all"), builder -> {
      builders.add(builder);
      return builder;
    });
    GuardedServer.await(
        server.vertx.deployVerticle(builders.get(0), new DeploymentOptions().setInstances(2)));
    for (int i = 0; i < 5; i++) {
      assertThat(server.call()).contains("hello");
    }
    assertThat(server.call()).contains("resource_exhausted");
  }

  @Test
  void letsSoManyBeInProgress() throws Exception {
    List<Promise<Void>> held = new CopyOnWriteArrayList<>();
    ServerInterceptor holds = new ServerInterceptor() {
      @Override
      public <Req, Resp> Future<Void> intercept(
          ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
        Promise<Void> hold = Promise.promise();
        held.add(hold);
        return hold.future().compose(go -> next.handle(call));
      }
    };
    server.start(policy("limit * to 2 at once by caller"), builder -> builder.intercept(holds));
    List<Future<String>> calls =
        List.of(server.send(HEADER, "ada-key"), server.send(HEADER, "ada-key"));
    while (held.size() < 2) {
      Thread.onSpinWait();
    }
    assertThat(server.call(HEADER, "ada-key")).contains("too many calls at once");
    Future<String> other = server.send(HEADER, "bob-key");
    while (held.size() < 3) {
      Thread.onSpinWait();
    }
    held.forEach(Promise::complete);
    for (Future<String> call : calls) {
      assertThat(GuardedServer.await(call)).contains("hello");
    }
    assertThat(GuardedServer.await(other)).contains("hello");
    Future<String> again = server.send(HEADER, "ada-key");
    while (held.size() < 4) {
      Thread.onSpinWait();
    }
    held.get(3).complete();
    assertThat(GuardedServer.await(again)).contains("hello");
  }

  @Test
  void forgetsWhoHasNoCallInProgress() {
    InProgress calls = new InProgress(1);
    assertThat(calls.begin("ada")).isTrue();
    assertThat(calls.begin("ada")).isFalse();
    calls.end("ada");
    assertThat(calls.keys()).isZero();
    assertThat(calls.begin("ada")).isTrue();
  }

  @Test
  void namesLineAndFormOfALimitThatIsMalformed() {
    assertThatThrownBy(() -> server.start(policy("limit * to none per second by caller")))
        .rootCause()
        .hasMessageContaining("policy.yaml line 9: limits: limit * to none per second by caller"
            + " (expected: limit METHODS to N per second");
    assertThatThrownBy(() -> server.start(policy("limit Service/Proces to 1 per hour by all")))
        .rootCause()
        .hasMessageContaining("(expected: one that is served, Service/Process)");
  }
}
