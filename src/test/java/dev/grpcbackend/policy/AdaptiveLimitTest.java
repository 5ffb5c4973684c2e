package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The limit in front of a backend with a known capacity, in simulated time. */
class AdaptiveLimitTest {

  private static final long MILLI = 1_000_000;

  /** A backend that serves some calls at a time and lets the others wait. */
  private static final class Backend {

    private final Random random = new Random(4);
    private final AdaptiveLimit limit;
    private final PriorityQueue<long[]> inProgress =
        new PriorityQueue<>((one, other) -> Long.compare(one[1], other[1]));
    private final long[] freeAt;
    private long serviceNanos;
    private long now;
    private long latencies;
    private int ended;

    Backend(int atATime, long serviceNanos, AdaptiveLimit limit) {
      this.freeAt = new long[atATime];
      this.serviceNanos = serviceNanos;
      this.limit = limit;
    }

    /** Offers more than it can take for that many calls. */
    void saturate(int calls) {
      latencies = 0;
      ended = 0;
      while (ended < calls) {
        while (inProgress.size() < limit.calls()) {
          start();
        }
        end();
      }
    }

    /** Offers one call at a time. */
    void trickle(int calls) {
      for (int i = 0; i < calls; i++) {
        start();
        end();
      }
    }

    long meanLatency() {
      return latencies / ended;
    }

    private void start() {
      int soonest = 0;
      for (int i = 1; i < freeAt.length; i++) {
        soonest = freeAt[i] < freeAt[soonest] ? i : soonest;
      }
      long jitter = (long) (serviceNanos * 0.2 * random.nextDouble());
      freeAt[soonest] = Math.max(now, freeAt[soonest]) + serviceNanos + jitter;
      inProgress.add(new long[] {now, freeAt[soonest]});
    }

    private void end() {
      int before = inProgress.size();
      long[] call = inProgress.remove();
      now = call[1];
      latencies += now - call[0];
      ended++;
      limit.onSample(now - call[0], before);
    }
  }

  @Test
  void findsTheCapacityOfTheBackendAndLetsFewWaitThere() {
    AdaptiveLimit limit = new AdaptiveLimit(1_000);
    Backend backend = new Backend(50, 20 * MILLI, limit);
    backend.saturate(20_000);
    for (int i = 0; i < 40; i++) {
      backend.saturate(2_000);
      assertThat(limit.calls()).isBetween(25, 90);
      assertThat(backend.meanLatency()).isLessThan(40 * MILLI);
    }
  }

  @Test
  void doesNotGrowForeverUnderLoadThatDoesNotEnd() {
    AdaptiveLimit limit = new AdaptiveLimit(1_000);
    Backend backend = new Backend(10, 20 * MILLI, limit);
    backend.saturate(500_000);
    assertThat(limit.calls()).isLessThan(40);
  }

  @Test
  void followsABackendThatBecomesSlower() {
    AdaptiveLimit limit = new AdaptiveLimit(1_000);
    Backend backend = new Backend(30, 10 * MILLI, limit);
    backend.saturate(20_000);
    backend.serviceNanos = 40 * MILLI;
    backend.saturate(60_000);
    backend.saturate(5_000);
    assertThat(limit.calls()).isBetween(15, 90);
  }

  @Test
  void doesNotGrowWhileItIsNotUsed() {
    AdaptiveLimit limit = new AdaptiveLimit(1_000);
    int first = limit.calls();
    new Backend(10, 20 * MILLI, limit).trickle(10_000);
    assertThat(limit.calls()).isLessThanOrEqualTo(first);
  }

  @Test
  void shrinksWhenDeadlinesAreMissedButNotBelowTheLeast() {
    AdaptiveLimit limit = new AdaptiveLimit(1_000);
    limit.onDropped();
    assertThat(limit.calls()).isEqualTo(18);
    for (int i = 0; i < 100; i++) {
      limit.onDropped();
    }
    assertThat(limit.calls()).isEqualTo(AdaptiveLimit.MIN);
  }

  @Test
  void neverExceedsTheMostThatIsAllowed() {
    AdaptiveLimit limit = new AdaptiveLimit(3);
    assertThat(limit.calls()).isEqualTo(3);
    new Backend(50, 20 * MILLI, limit).saturate(2_000);
    assertThat(limit.calls()).isEqualTo(3);
  }
}
