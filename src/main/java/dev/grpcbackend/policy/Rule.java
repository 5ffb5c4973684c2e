package dev.grpcbackend.policy;

import dev.grpcbackend.call.Principal;
import dev.grpcbackend.options.Expect;
import dev.grpcbackend.rpc.Method;
import java.util.Locale;

/**
 * Allows or denies methods to callers, {@code allow helloworld.Greeter/* to role:staff}.
 *
 * @param methods {@code service/method}, {@code service/*}, {@code *}, or {@value #METRICS}, which is
 *     not among the methods that {@code *} means
 * @param who which callers
 * @param value the name or role that they have, {@code name=value} of a claim, or empty
 */
record Rule(boolean allow, String methods, Who who, String value) {

  /** The page of the metrics, where it is on the port of the calls. */
  static final String METRICS = "/metrics";

  /** The methods that a sentence is for. */
  static final String METHODS = "(\\*|[\\w.]+/(?:\\w+|\\*))";

  private static final String FORM = "allow|deny METHODS to WHO, METHODS being *, service/*, "
      + "service/method or /metrics, WHO anyone, authenticated, user:NAME, role:NAME, claim:NAME=VALUE, "
      + "jwt:NAME, apikey:NAME or certificate:NAME";

  enum Who {
    ANYONE,
    AUTHENTICATED,
    /** The name, however it was proven. */
    USER,
    ROLE,
    CLAIM,
    JWT,
    APIKEY,
    CERTIFICATE
  }

  /**
   * Reads a rule.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  static Rule of(String text) {
    boolean valid = text.matches("(allow|deny) (?:" + METHODS + "|" + METRICS + ") to "
        + "(anyone|authenticated|(user|role|jwt|apikey|certificate):\\S+|claim:[^=\\s]+=\\S+)");
    Expect.that(valid, "rules", text, FORM);
    String[] words = text.split(" ", -1);
    String[] who = words[3].split(":", 2);
    return new Rule(
        words[0].equals("allow"),
        words[1],
        Who.valueOf(who[0].toUpperCase(Locale.ROOT)),
        who.length == 1 ? "" : who[1]);
  }

  boolean isFor(Method<?, ?> method) {
    return matches(methods, method);
  }

  /** Whether a method is one of those: {@code service/method}, {@code service/*} or {@code *}. */
  static boolean matches(String methods, Method<?, ?> method) {
    return methods.equals("*")
        || methods.equals(method.fullName())
        || methods.equals(method.service() + "/*");
  }

  boolean isFor(Principal caller) {
    return switch (who) {
      case ANYONE -> true;
      case AUTHENTICATED -> !caller.isAnonymous();
      case USER -> !caller.isAnonymous() && caller.name().equals(value);
      case ROLE -> caller.roles().contains(value);
      case CLAIM -> hasClaim(caller);
      case JWT, APIKEY, CERTIFICATE ->
        caller.kind().equals(who.name().toLowerCase(Locale.ROOT))
            && caller.name().equals(value);
    };
  }

  private boolean hasClaim(Principal caller) {
    int equal = value.indexOf('=');
    Object claim = caller.claims().get(value.substring(0, equal));
    return claim != null && claim.toString().equals(value.substring(equal + 1));
  }

  @Override
  public String toString() {
    String whom = who.name().toLowerCase(Locale.ROOT) + (value.isEmpty() ? "" : ":" + value);
    return (allow ? "allow " : "deny ") + methods + " to " + whom;
  }
}
