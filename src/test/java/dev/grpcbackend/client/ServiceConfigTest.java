package dev.grpcbackend.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionSource;
import dev.grpcbackend.options.OptionsReader;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class ServiceConfigTest {

  private static final String RETRY = """
      {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
       "retryableStatusCodes": ["UNAVAILABLE", 8]}""";

  @Test
  void findsTheEntryOfAMethodThenOfItsServiceThenTheOneForAll() {
    ServiceConfig config = ServiceConfig.parse("""
        {"methodConfig": [
          {"name": [{"service": "a.B", "method": "C"}], "timeout": "1.5s", "waitForReady": true},
          {"name": [{"service": "a.B"}], "maxRequestMessageBytes": "100"},
          {"name": [{}], "maxResponseMessageBytes": 200}]}""");

    assertThat(config.methodConfig(method("a.B", "C")).timeout())
        .isEqualTo(Duration.ofMillis(1500));
    assertThat(config.methodConfig(method("a.B", "C")).waitForReady()).isTrue();
    assertThat(config.methodConfig(method("a.B", "D")).maxRequestBytes()).isEqualTo(100);
    assertThat(config.methodConfig(method("x.Y", "Z")).maxResponseBytes()).isEqualTo(200);
    assertThat(ServiceConfig.EMPTY.methodConfig(method("a.B", "C"))).isEqualTo(MethodConfig.NONE);
  }

  @Test
  void readsRetryPolicyThrottlingAndBalancing() {
    ServiceConfig config = ServiceConfig.parse("""
        {"loadBalancingConfig": [{"xds": {}}, {"round_robin": {}}],
         "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
         "methodConfig": [{"name": [{"service": "a.B"}], "retryPolicy": %s}]}""".formatted(RETRY));

    RetryPolicy retry =
        Objects.requireNonNull(config.methodConfig(method("a.B", "C")).retry());
    assertThat(retry.maxAttempts()).isEqualTo(3);
    assertThat(retry.codes())
        .containsExactlyInAnyOrder(GrpcStatus.UNAVAILABLE, GrpcStatus.RESOURCE_EXHAUSTED);
    assertThat(Objects.requireNonNull(config.throttling()).maxTokens()).isEqualTo(10);
    assertThat(config.balancing("pick_first").policy())
        .isEqualTo(BalancingConfig.Policy.ROUND_ROBIN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{methodConfig: 1} | serviceConfig.methodConfig: 1 (expected: a list)",
        "{methodConfig: [{timeout: 5}]} | serviceConfig.methodConfig[0].timeout: 5 (expected: seconds",
        "{methodConfig: [{timeout: -1s}]} | serviceConfig.methodConfig[0].timeout: -1s (expected: sec",
        "{methodConfig: [{timeuot: 1s}]} | serviceConfig.methodConfig[0].timeuot: unknown field"
            + " (nearest: timeout)",
        "{methodConfig: [{name: [{method: M}]}]} | serviceConfig.methodConfig[0].name[0].method: M",
        "{methodConfig: [{name: [{service: S}, {service: S}]}]} |"
            + " serviceConfig.methodConfig[0].name[1].service: S (expected: named once)",
        "{methodConfig: [{retryPolicy: {maxAttempts: 1}}]} |"
            + " serviceConfig.methodConfig[0].retryPolicy.maxAttempts: 1 (expected: >= 2)",
        "{methodConfig: [{retryPolicy: {maxAttempts: 2, initialBackoff: 0s}}]} |"
            + " serviceConfig.methodConfig[0].retryPolicy.initialBackoff: 0s (expected: > 0s)",
        "{methodConfig: [{retryPolicy: {maxAttempts: 2, initialBackoff: 1s, maxBackoff: 1s,"
            + " backoffMultiplier: 1}}]} |"
            + " serviceConfig.methodConfig[0].retryPolicy.retryableStatusCodes: []",
        "{methodConfig: [{hedgingPolicy: {maxAttempts: 2, nonFatalStatusCodes: [NONE]}}]} |"
            + " serviceConfig.methodConfig[0].hedgingPolicy.nonFatalStatusCodes: NONE",
        "{methodConfig: [{hedgingPolicy: {}, retryPolicy: {}}]} |"
            + " serviceConfig.methodConfig[0].hedgingPolicy: beside retryPolicy",
        "{retryThrottling: {maxTokens: 1001, tokenRatio: 1}} |"
            + " serviceConfig.retryThrottling.maxTokens: 1001.0 (expected: <= 1000)",
        "{retryThrottling: {maxTokens: 1}} | serviceConfig.retryThrottling.tokenRatio: missing",
        "{loadBalancingConfig: [{xds: {}}]} | serviceConfig.loadBalancingConfig: [xds] (expected: one",
        "{loadBalancingConfig: [{ring_hash: {minRingSize: 0}}]} |"
            + " serviceConfig.loadBalancingConfig[0].ring_hash.minRingSize: 0",
      })
  void namesTheFieldOfWhatIsNotAllowed(String text, String message) {
    assertThatThrownBy(() -> ServiceConfig.parse(text)).hasMessageContaining(message.strip());
  }

  @Test
  void isAnOptionAsATreeOrAsText() {
    OptionsReader<ChannelOptions> reader = new OptionsReader<>(ChannelOptions.DEFAULTS);
    OptionSource tree = ConfigTree.text("client.yaml", """
        serviceConfig:
          retryThrottling: {maxTokens: 10, tokenRatio: 0.5}
          methodConfig:
          - name: [{service: a.B}]
            timeout: 2s
        """);
    OptionSource text = OptionSource.of(
        "--set",
        Map.of(
            "serviceConfig",
            "{retryThrottling: {maxTokens: 10, tokenRatio: 0.5},"
                + " methodConfig: [{name: [{service: a.B}], timeout: 2s}]}"));
    OptionSource wrong =
        ConfigTree.text("client.yaml", "serviceConfig: {retryThrottling: {maxTokens: 0}}");

    ServiceConfig config = reader.read(List.of(tree)).options().serviceConfig();

    assertThat(config.methodConfig(method("a.B", "C")).timeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(reader.read(List.of(text)).options().serviceConfig()).isEqualTo(config);
    assertThatThrownBy(() -> reader.read(List.of(wrong)))
        .hasMessage("client.yaml: serviceConfig.retryThrottling.maxTokens: 0 (expected: > 0)");
  }

  @Test
  void delaysGrowUpToABoundAndVaryByTheJitter() {
    Backoff backoff = new Backoff(Duration.ofMillis(100), 2, Duration.ofMillis(300), 0.2);

    assertThat(backoff.nanos(1, () -> 0.5)).isCloseTo(100_000_000L, within(1L));
    assertThat(backoff.nanos(2, () -> 0.5)).isCloseTo(200_000_000L, within(1L));
    assertThat(backoff.nanos(3, () -> 0.5)).isCloseTo(300_000_000L, within(1L));
    assertThat(backoff.nanos(1, () -> 0)).isCloseTo(80_000_000L, within(1L));
    assertThat(backoff.nanos(90, () -> 1)).isCloseTo(360_000_000L, within(1L));
  }

  @Test
  void throttlesWithHalfOfTheTokensOrFewer() {
    RetryThrottle throttle = new RetryThrottle(new RetryThrottle.Limits(4, 0.5));

    assertThat(throttle.onFailure()).isTrue();
    assertThat(throttle.onFailure()).isFalse();
    assertThat(throttle.allows()).isFalse();
    throttle.onSuccess();
    assertThat(throttle.allows()).isTrue();
  }

  private static Method<?, ?> method(String service, String name) {
    Marshaller<?> any = Greeters.SAY_HELLO.request();
    return new Method<>(service, name, MethodType.UNARY, any, any, false, null);
  }
}
