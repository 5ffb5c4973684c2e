package dev.grpcbackend.policy;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionsReader;
import java.util.List;

/**
 * What a policy file says. {@code conf/policy.yaml} shows every key.
 *
 * @param rules texts of rules, {@code allow METHODS to WHO}; the first that fits decides. Once there
 *     is one, what none is for is refused; without one, who is known may call everything
 */
public record PolicyOptions(AuthenticateOptions authenticate, List<String> rules) {

  /** Nobody is known, so nobody may call. */
  public static final PolicyOptions DEFAULTS =
      new PolicyOptions(AuthenticateOptions.DEFAULTS, List.of());

  public PolicyOptions {
    rules = List.copyOf(rules);
  }

  /** Reads the text of a policy file. */
  static PolicyOptions of(String file, String text) {
    return new OptionsReader<>(DEFAULTS)
        .read(List.of(ConfigTree.text(file, text)))
        .options();
  }
}
