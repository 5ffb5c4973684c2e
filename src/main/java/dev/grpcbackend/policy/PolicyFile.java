package dev.grpcbackend.policy;

import dev.grpcbackend.options.Expect;
import java.time.Duration;

/**
 * What callers have to follow.
 *
 * @param file the policy file; empty for none, so that everybody may call everything
 * @param reloadInterval how often the file, and the files that it names, are looked at for changes; 0
 *     for never
 * @param validation whether requests are checked against the rules of their .proto files
 */
public record PolicyFile(String file, Duration reloadInterval, boolean validation) {

  /** None, looked at every 10 s; requests are checked. */
  public static final PolicyFile DEFAULTS = new PolicyFile("", Duration.ofSeconds(10));

  /** Creates one with requests checked. */
  public PolicyFile(String file, Duration reloadInterval) {
    this(file, reloadInterval, true);
  }

  public PolicyFile {
    Expect.that(!reloadInterval.isNegative(), "policy.reloadInterval", reloadInterval, ">= 0");
  }

  /** Whether there is one. */
  public boolean isEnabled() {
    return !file.isEmpty();
  }
}
