package dev.grpcbackend.policy;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionsReader;
import java.util.List;

/**
 * What a policy file says. {@code conf/policy.yaml} shows every key.
 *
 * @param rules texts of rules, {@code allow METHODS to WHO}; the first that fits decides. Once there
 *     is one, what none is for is refused; without one, who is known may call everything
 * @param limits texts of limits, {@code limit METHODS to N per second by caller}, or {@code to N bytes
 *     per message}, or {@code to 2.5s per call}; all that are for a method hold
 */
public record PolicyOptions(
    AuthenticateOptions authenticate, List<String> rules, List<String> limits) {

  /** Nobody is known, so nobody may call. */
  public static final PolicyOptions DEFAULTS =
      new PolicyOptions(AuthenticateOptions.DEFAULTS, List.of(), List.of());

  public PolicyOptions {
    rules = List.copyOf(rules);
    limits = List.copyOf(limits);
  }

  /** Reads the text of a policy file. */
  static PolicyOptions of(String file, String text) {
    return new OptionsReader<>(DEFAULTS)
        .read(List.of(ConfigTree.text(file, text)))
        .options();
  }
}
