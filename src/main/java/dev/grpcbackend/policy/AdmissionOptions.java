package dev.grpcbackend.policy;

import dev.grpcbackend.options.Expect;
import java.time.Duration;
import java.util.List;

/**
 * When calls have to wait for their turn, and when they are refused.
 *
 * @param enabled whether calls wait at all; if not, each starts as soon as it is read
 * @param maxWait the longest that a call waits before it is refused; a tenth of it once calls come
 *     faster than they can be served
 * @param maxWaiting calls that wait at a time, of each event loop
 * @param exempt services, or {@code service/method}, whose calls never wait
 * @param priorityHeader whether the header {@code priority} of RFC 9218 decides who waits behind whom
 */
public record AdmissionOptions(
    boolean enabled,
    Duration maxWait,
    int maxWaiting,
    List<String> exempt,
    boolean priorityHeader,
    Limit limit) {

  /** A tenth of it is counted in whole milliseconds by the event loop's timer. */
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(10);

  /** On: up to 3 s, 10,000 calls, never health, no priorities, no limit but for blocking handlers. */
  public static final AdmissionOptions DEFAULTS = new AdmissionOptions(
      true, Duration.ofSeconds(3), 10_000, List.of("grpc.health.v1.Health"), false, Limit.DEFAULTS);

  public AdmissionOptions {
    exempt = List.copyOf(exempt);
    Expect.that(maxWait.compareTo(SHORTEST_WAIT) >= 0, "admission.maxWait", maxWait, ">= 10ms");
    Expect.that(maxWaiting > 0, "admission.maxWaiting", maxWaiting, "> 0");
  }

  /** Returns these options with another limit. */
  public AdmissionOptions withLimit(Limit limit) {
    return new AdmissionOptions(enabled, maxWait, maxWaiting, exempt, priorityHeader, limit);
  }

  /**
   * How many calls may be in progress at a time, of each event loop. Long-lived methods do not count.
   *
   * @param calls that many; 0 for no limit
   * @param adaptive whether the limit follows the latency of unary calls, up to {@code calls}
   * @param perMethod whether each method has a limit of its own
   * @param blockingCalls that many calls of all {@code blocking} handlers together; 0 for no limit
   */
  public record Limit(int calls, boolean adaptive, boolean perMethod, int blockingCalls) {

    /** None, but for the 20 threads that Vert.x has for blocking handlers. */
    public static final Limit DEFAULTS = new Limit(0, false, false, 20);

    public Limit {
      Expect.that(calls >= 0, "admission.limit.calls", calls, ">= 0");
      Expect.that(blockingCalls >= 0, "admission.limit.blockingCalls", blockingCalls, ">= 0");
    }
  }
}
