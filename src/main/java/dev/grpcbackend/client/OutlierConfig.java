package dev.grpcbackend.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a server misbehaves so much more than the others that it gets no calls for a while (gRFC A50).
 *
 * @param interval between looks at what came of the calls
 * @param baseEjectionTime how long it gets none the first time; the second time twice as long
 * @param maxEjectionTime at most, unless the first time is longer
 * @param maxEjectionPercent of the servers; one may always be without calls
 * @param successRate tells by the rate at which calls succeed, beside the others'; null if that is not
 *     looked at
 * @param failurePercentage tells by the share of calls that fail; null if that is not looked at
 */
record OutlierConfig(
    Duration interval,
    Duration baseEjectionTime,
    Duration maxEjectionTime,
    int maxEjectionPercent,
    @Nullable SuccessRate successRate,
    @Nullable FailurePercentage failurePercentage) {

  /** The most that a percentage may be. */
  private static final int ALL = 100;

  /**
   * By the rate of success.
   *
   * @param stdevFactor how many thousandths of the standard deviation it may be below the mean
   * @param enforcementPercentage in how many of a hundred cases it then gets no calls
   * @param minimumHosts servers with enough calls, lest nobody is told from others
   * @param requestVolume calls that are enough, in one interval
   */
  record SuccessRate(
      int stdevFactor, int enforcementPercentage, int minimumHosts, int requestVolume) {}

  /**
   * By the share of failures.
   *
   * @param threshold the percentage that may fail
   * @param enforcementPercentage in how many of a hundred cases it then gets no calls
   * @param minimumHosts servers with enough calls
   * @param requestVolume calls that are enough, in one interval
   */
  record FailurePercentage(
      int threshold, int enforcementPercentage, int minimumHosts, int requestVolume) {}

  /** Reads the settings of the policy, but for its {@code childPolicy}. */
  static OutlierConfig read(ConfigFields fields) {
    ConfigFields rate = fields.object("successRateEjection");
    ConfigFields share = fields.object("failurePercentageEjection");
    return new OutlierConfig(
        positive(fields, "interval", Duration.ofSeconds(10)),
        positive(fields, "baseEjectionTime", Duration.ofSeconds(30)),
        positive(fields, "maxEjectionTime", Duration.ofSeconds(300)),
        fields.integer("maxEjectionPercent", 0, ALL, 10),
        rate == null ? null : successRate(rate),
        share == null ? null : failurePercentage(share));
  }

  private static Duration positive(ConfigFields fields, String field, Duration otherwise) {
    return fields.has(field) ? fields.positiveDuration(field) : otherwise;
  }

  private static SuccessRate successRate(ConfigFields fields) {
    SuccessRate read = new SuccessRate(
        fields.integer("stdevFactor", 0, Integer.MAX_VALUE, 1_900),
        fields.integer("enforcementPercentage", 0, ALL, ALL),
        fields.integer("minimumHosts", 0, Integer.MAX_VALUE, 5),
        fields.integer("requestVolume", 0, Integer.MAX_VALUE, 100));
    fields.end();
    return read;
  }

  private static FailurePercentage failurePercentage(ConfigFields fields) {
    FailurePercentage read = new FailurePercentage(
        fields.integer("threshold", 0, ALL, 85),
        fields.integer("enforcementPercentage", 0, ALL, ALL),
        fields.integer("minimumHosts", 0, Integer.MAX_VALUE, 5),
        fields.integer("requestVolume", 0, Integer.MAX_VALUE, 50));
    fields.end();
    return read;
  }
}
