package dev.grpcbackend.client;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the methods of a service are to be called, in gRPC's own format (service_config.proto, as
 * JSON): deadlines, retries, hedging, limits and balancing. Immutable and checked: a value that is
 * not allowed is refused with the path of its field. Fields that this client does not know are
 * refused too, since a policy that is silently left out is found by an outage.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/service_config.md">service_config.md</a>
 */
public final class ServiceConfig {

  /** Says nothing: no retries, no deadlines, the channel's own limits. */
  public static final ServiceConfig EMPTY = of(Map.of());

  private static final String ROOT = "serviceConfig";

  private final Map<String, Object> tree;

  /** By service and method; the empty method stands for all of a service, the empty service for all. */
  private final Map<String, Map<String, MethodConfig>> methods = new HashMap<>();

  private final RetryThrottle.@Nullable Limits throttling;
  private final @Nullable BalancingConfig balancing;
  private final @Nullable String healthService;

  private ServiceConfig(Map<?, ?> tree) {
    ConfigFields fields = new ConfigFields(ROOT, tree);
    List<ConfigFields> methodConfigs = fields.objects("methodConfig");
    methodConfigs.forEach(this::addMethods);
    ConfigFields tokens = fields.object("retryThrottling");
    throttling = tokens == null ? null : RetryThrottle.Limits.read(tokens);
    balancing = BalancingConfig.read(fields);
    ConfigFields health = fields.object("healthCheckConfig");
    // service_config.proto: without a name, which "" is, servers are not asked.
    healthService =
        health == null || !health.has("serviceName") ? null : health.text("serviceName", "");
    if (health != null) {
      health.end();
    }
    fields.end();
    this.tree = copy(tree);
  }

  /**
   * Reads a configuration given as JSON or YAML.
   *
   * @throws RuntimeException that names the field, if it is not allowed
   */
  public static ServiceConfig parse(String text) {
    return of(ConfigTree.tree(ROOT, text));
  }

  /**
   * Reads a configuration given as maps and lists.
   *
   * @throws IllegalArgumentException that names the field, if it is not allowed
   */
  public static ServiceConfig of(Map<?, ?> tree) {
    return new ServiceConfig(tree);
  }

  /** Returns what holds for a method: its own entry, else its service's, else the one for all. */
  MethodConfig methodConfig(Method<?, ?> method) {
    if (methods.isEmpty()) {
      return MethodConfig.NONE;
    }
    Map<String, MethodConfig> service = methods.get(method.service());
    MethodConfig own = service == null ? null : service.get(method.name());
    if (own == null && service != null) {
      own = service.get("");
    }
    if (own == null) {
      own = methods.getOrDefault("", Map.of()).get("");
    }
    return own == null ? MethodConfig.NONE : own;
  }

  /** Returns the throttle of retries, null for none. */
  RetryThrottle.@Nullable Limits throttling() {
    return throttling;
  }

  /** Returns how calls are spread, by the policy of that name if nothing is said here. */
  BalancingConfig balancing(String otherwise) {
    return balancing == null ? BalancingConfig.named(otherwise) : balancing;
  }

  /** Returns whose health is to be watched, empty for the whole server's; null for nobody's. */
  @Nullable
  String healthService() {
    return healthService;
  }

  private void addMethods(ConfigFields fields) {
    List<ConfigFields> names = fields.objects("name");
    MethodConfig config = MethodConfig.read(fields);
    for (ConfigFields name : names) {
      String service = name.text("service", "");
      String method = name.text("method", "");
      name.end();
      if (service.isEmpty() && !method.isEmpty()) {
        throw name.refusal("method", method, "none, or a service with it");
      }
      MethodConfig other =
          methods.computeIfAbsent(service, missing -> new HashMap<>()).put(method, config);
      if (other != null) {
        throw name.refusal(
            "service", service + (method.isEmpty() ? "" : "/" + method), "named once");
      }
    }
  }

  private static Map<String, Object> copy(Map<?, ?> tree) {
    Map<String, Object> copy = new LinkedHashMap<>();
    tree.forEach((key, value) -> copy.put(String.valueOf(key), value));
    return copy;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ServiceConfig config && config.tree.equals(tree);
  }

  @Override
  public int hashCode() {
    return tree.hashCode();
  }

  /** Returns the configuration as JSON. */
  @Override
  public String toString() {
    return new JsonObject(tree).encode();
  }
}
