package dev.grpcbackend.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which servers get no calls for a while (gRFC A50). */
class OutliersTest {

  private static final String FAILURES = """
      {interval: 10s, baseEjectionTime: 30s, maxEjectionTime: 100s, maxEjectionPercent: 50,
       failurePercentageEjection: {threshold: 50, minimumHosts: 3, requestVolume: 10},
       childPolicy: [{round_robin: {}}]}""";

  private static final String RATES = """
      {maxEjectionPercent: 100,
       successRateEjection: {stdevFactor: 1000, minimumHosts: 4, requestVolume: 10},
       childPolicy: [{round_robin: {}}]}""";

  private final AtomicLong clock = new AtomicLong(-1);
  private final List<Outcomes> servers =
      new ArrayList<>(IntStream.range(0, 4).mapToObj(i -> new Outcomes()).toList());

  private Outliers outliers(String settings) {
    return outliers(settings, 0);
  }

  private Outliers outliers(String settings, double random) {
    OutlierConfig config = ServiceConfig.parse(
            "{loadBalancingConfig: [{outlier_detection_experimental: " + settings + "}]}")
        .balancing("pick_first")
        .outliers();
    return new Outliers(Objects.requireNonNull(config), clock::get, () -> random);
  }

  /** Has each server take a hundred calls, so many of which fail. */
  private void calls(int... failures) {
    for (int i = 0; i < failures.length; i++) {
      for (int call = 0; call < 100; call++) {
        servers.get(i).add(call >= failures[i]);
      }
    }
  }

  private void pass(int seconds) {
    clock.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  private List<Boolean> out() {
    return servers.stream().map(Outcomes::isEjected).toList();
  }

  @Test
  void ejectsWhoFailsMoreThanTheThreshold() {
    Outliers outliers = outliers(FAILURES);
    calls(50, 51, 0, 100);
    outliers.sweep(servers);
    assertThat(out()).containsExactly(false, true, false, true);
  }

  @Test
  void ejectsNoMoreThanTheShareThatMayBeOut() {
    Outliers outliers =
        outliers(FAILURES.replace("maxEjectionPercent: 50", "maxEjectionPercent: 0"));
    calls(90, 90, 90, 90);
    outliers.sweep(servers);
    assertThat(out()).containsExactly(true, false, false, false);
  }

  @Test
  void looksAtServersWithEnoughCallsOnly() {
    Outliers outliers = outliers(FAILURES);
    for (int call = 0; call < 9; call++) {
      servers.get(0).add(false);
    }
    calls(100, 100);
    servers.get(0).turn();
    for (int call = 0; call < 9; call++) {
      servers.get(0).add(false);
    }
    outliers.sweep(servers);
    // Two have enough, three are needed.
    assertThat(out()).doesNotContain(true);
  }

  @Test
  void staysOutLongerEachTimeAndForgetsThatInTheEnd() {
    Outliers outliers = outliers(FAILURES);
    calls(100, 0, 0, 0);
    outliers.sweep(servers);
    assertThat(out().get(0)).isTrue();
    pass(29);
    outliers.sweep(servers);
    assertThat(out().get(0)).isTrue();
    pass(1);
    outliers.sweep(servers);
    assertThat(out().get(0)).isFalse();

    calls(100, 0, 0, 0);
    outliers.sweep(servers);
    pass(59);
    outliers.sweep(servers);
    assertThat(out().get(0)).isTrue();
    pass(1);
    outliers.sweep(servers);
    assertThat(out().get(0)).isFalse();

    // Each look at which it was not out makes the next time shorter.
    outliers.sweep(servers);
    outliers.sweep(servers);
    calls(100, 0, 0, 0);
    outliers.sweep(servers);
    pass(30);
    outliers.sweep(servers);
    assertThat(out().get(0)).isFalse();
  }

  @Test
  void isNeverOutForLongerThanTheMost() {
    Outliers outliers = outliers(FAILURES);
    for (int i = 0; i < 6; i++) {
      calls(100, 0, 0, 0);
      outliers.sweep(servers);
      assertThat(out().get(0)).isTrue();
      pass(100);
      outliers.sweep(servers);
      assertThat(out().get(0)).isFalse();
    }
  }

  @Test
  void ejectsWhoSucceedsMuchLessThanTheOthers() {
    Outliers outliers = outliers(RATES);
    calls(1, 2, 1, 30);
    outliers.sweep(servers);
    assertThat(out()).containsExactly(false, false, false, true);
  }

  @Test
  void ejectsNobodyWhereAllAreAlike() {
    Outliers outliers = outliers(RATES);
    calls(40, 40, 40, 40);
    outliers.sweep(servers);
    assertThat(out()).doesNotContain(true);
  }

  @Test
  void ejectsInAsManyCasesAsItIsToldTo() {
    String half = FAILURES.replace("threshold: 50", "threshold: 50, enforcementPercentage: 50");
    calls(100, 0, 0, 0);
    outliers(half, 0.51).sweep(servers);
    assertThat(out()).doesNotContain(true);
    calls(100, 0, 0, 0);
    outliers(half, 0.49).sweep(servers);
    assertThat(out().get(0)).isTrue();
  }

  @Test
  void namesTheFieldThatIsWrong() {
    assertThatThrownBy(() -> outliers("{interval: 0s, childPolicy: [{round_robin: {}}]}"))
        .hasMessageContaining(
            "loadBalancingConfig[0].outlier_detection_experimental.interval: 0s (expected: > 0s)");
    assertThatThrownBy(
            () -> outliers("{maxEjectionPercent: 101, childPolicy: [{round_robin: {}}]}"))
        .hasMessageContaining("maxEjectionPercent: 101 (expected: 0 to 100)");
    assertThatThrownBy(() -> outliers(
            "{failurePercentageEjection: {treshold: 1}, childPolicy: [{round_robin: {}}]}"))
        .hasMessageContaining(
            "failurePercentageEjection.treshold: unknown field (nearest: threshold)");
    assertThatThrownBy(() -> outliers("{childPolicy: [{pick_first: {}}]}"))
        .hasMessageContaining(
            "childPolicy: pick_first (expected: round_robin, least_request or ring_hash)");
  }
}
