package dev.grpcbackend.policy;

import dev.grpcbackend.options.Expect;
import java.time.Duration;

/**
 * Where the rules are that callers have to follow.
 *
 * @param file the policy file; empty for none, so that everybody may call everything
 * @param reloadInterval how often the file, and the files that it names, are looked at for changes; 0
 *     for never
 */
public record PolicyFile(String file, Duration reloadInterval) {

  /** None; looked at every 10 s. */
  public static final PolicyFile DEFAULTS = new PolicyFile("", Duration.ofSeconds(10));

  public PolicyFile {
    Expect.that(!reloadInterval.isNegative(), "policy.reloadInterval", reloadInterval, ">= 0");
  }

  /** Whether there is one. */
  public boolean isEnabled() {
    return !file.isEmpty();
  }
}
