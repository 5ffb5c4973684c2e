package dev.grpcbackend.call;

import java.util.Map;
import java.util.Set;

/**
 * Who makes a call, as far as it was proven.
 *
 * @param name unique within its kind
 * @param kind how it was proven: {@code jwt}, {@code apikey}, {@code certificate}, {@code anonymous},
 *     or a word of an authenticator of yours
 * @param roles what rules may ask for
 * @param claims what else was proven, by name
 */
public record Principal(String name, String kind, Set<String> roles, Map<String, Object> claims) {

  /** A caller that has proven nothing. */
  public static final Principal ANONYMOUS =
      new Principal("anonymous", "anonymous", Set.of(), Map.of());

  public Principal {
    roles = Set.copyOf(roles);
    claims = Map.copyOf(claims);
  }

  /** Creates one of whom nothing else was proven. */
  public Principal(String name, String kind, Set<String> roles) {
    this(name, kind, roles, Map.of());
  }

  /** Whether the caller has proven nothing. */
  public boolean isAnonymous() {
    return kind.equals(ANONYMOUS.kind);
  }
}
