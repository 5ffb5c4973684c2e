package dev.grpcbackend.client;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A balancing policy and its settings; those of other policies are not used.
 *
 * @param choices how many servers {@code least_request} compares (gRFC A48)
 * @param minRingSize entries of the ring of {@code ring_hash} at least (gRFC A42)
 * @param maxRingSize and at most
 * @param hashHeader the request header whose value decides (gRFC A76); empty for a random server
 * @param outliers what takes servers out that misbehave; null for nothing
 */
record BalancingConfig(
    Policy policy,
    int choices,
    int minRingSize,
    int maxRingSize,
    String hashHeader,
    @Nullable OutlierConfig outliers) {

  /** gRFC A50: the name of what wraps another policy. */
  private static final String OUTLIERS = "outlier_detection_experimental";

  /** gRFC A48: default 2, values above 10 are treated as 10. */
  private static final int CHOICES = 2;

  private static final int MAX_CHOICES = 10;

  /** gRFC A42: the ring has 1,024 to 4,096 entries unless said otherwise. */
  private static final int MIN_RING = 1024;

  private static final int MAX_RING = 4096;

  /** gRFC A42 lets clients bound the ring at 8 Mi; a smaller bound keeps it out of the old heap. */
  private static final int RING_CAP = 65_536;

  /** The policies under the names that service configs have for them. */
  enum Policy {
    PICK_FIRST,
    ROUND_ROBIN,
    LEAST_REQUEST,
    RING_HASH
  }

  private static final Map<String, Policy> NAMES = Map.of(
      "pick_first", Policy.PICK_FIRST,
      "round_robin", Policy.ROUND_ROBIN,
      "least_request", Policy.LEAST_REQUEST,
      "least_request_experimental", Policy.LEAST_REQUEST,
      "ring_hash", Policy.RING_HASH,
      "ring_hash_experimental", Policy.RING_HASH);

  /** What holds where nothing is said. */
  static BalancingConfig of(Policy policy) {
    return new BalancingConfig(policy, CHOICES, MIN_RING, MAX_RING, "", null);
  }

  /**
   * Reads the policy of a channel's options.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  static BalancingConfig named(String name) {
    Policy policy = NAMES.get(name);
    if (policy == null) {
      throw new IllegalArgumentException("loadBalancing: " + name
          + " (expected: pick_first, round_robin, least_request or ring_hash)");
    }
    return of(policy);
  }

  /** Reads the first policy of a service config's list that there is; null without a list. */
  static @Nullable BalancingConfig read(ConfigFields root) {
    String old = root.text("loadBalancingPolicy", "");
    if (!root.has("loadBalancingConfig")) {
      if (!old.isEmpty() && !NAMES.containsKey(old)) {
        throw root.refusal("loadBalancingPolicy", old, "a policy of this client");
      }
      return old.isEmpty() ? null : named(old);
    }
    return read(root, "loadBalancingConfig");
  }

  private static BalancingConfig read(ConfigFields root, String list) {
    List<ConfigFields> entries = root.objects(list);
    for (ConfigFields entry : entries) {
      if (entry.names().size() != 1) {
        throw root.refusal(list, entry.names(), "objects of one policy each");
      }
      String name = entry.names().iterator().next();
      Policy policy = NAMES.get(name);
      ConfigFields settings = entry.object(name);
      if (policy != null && settings != null) {
        return read(policy, settings);
      }
      if (name.equals(OUTLIERS) && settings != null) {
        return wrapped(settings);
      }
    }
    throw root.refusal(
        list,
        entries.stream().flatMap(entry -> entry.names().stream()).toList(),
        "one of pick_first, round_robin, least_request, ring_hash, " + OUTLIERS);
  }

  private static BalancingConfig wrapped(ConfigFields fields) {
    OutlierConfig outliers = OutlierConfig.read(fields);
    BalancingConfig child = read(fields, "childPolicy");
    fields.end();
    if (child.outliers != null || child.policy == Policy.PICK_FIRST) {
      throw fields.refusal(
          "childPolicy",
          child.outliers == null ? "pick_first" : OUTLIERS,
          "round_robin, least_request or ring_hash");
    }
    return new BalancingConfig(
        child.policy,
        child.choices,
        child.minRingSize,
        child.maxRingSize,
        child.hashHeader,
        outliers);
  }

  private static BalancingConfig read(Policy policy, ConfigFields fields) {
    BalancingConfig config = of(policy);
    if (policy == Policy.LEAST_REQUEST) {
      int choices = fields.integer("choiceCount", 2, Integer.MAX_VALUE, CHOICES);
      config =
          new BalancingConfig(policy, Math.min(MAX_CHOICES, choices), MIN_RING, MAX_RING, "", null);
    } else if (policy == Policy.RING_HASH) {
      int min = fields.integer("minRingSize", 1, Integer.MAX_VALUE, MIN_RING);
      int max = fields.integer("maxRingSize", 1, Integer.MAX_VALUE, Math.max(min, MAX_RING));
      if (min > max) {
        throw fields.refusal("minRingSize", min, "<= maxRingSize");
      }
      config = new BalancingConfig(
          policy,
          CHOICES,
          Math.min(RING_CAP, min),
          Math.min(RING_CAP, max),
          fields.text("requestHashHeader", ""),
          null);
    }
    fields.end();
    return config;
  }
}
