package dev.grpcbackend.policy;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.Nearest;
import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who is who, and who may call what. Thread-safe. */
public final class Policy {

  private static final List<Rule> KNOWN_CALLERS =
      List.of(new Rule(true, "*", Rule.Who.AUTHENTICATED, ""));

  private final String file;
  private final Authenticator authenticator;
  private final List<Rule> rules;
  private final @Nullable TokenKeys keys;

  /** The bytes of all files that it was made of. */
  private final List<byte[]> sources;

  /**
   * What becomes of a caller.
   *
   * @param reason the text of the rule that decides, or why none does
   */
  public record Decision(boolean allowed, String reason) {}

  private Policy(
      String file,
      Authenticator authenticator,
      List<Rule> rules,
      @Nullable TokenKeys keys,
      List<byte[]> sources) {
    this.file = file;
    this.authenticator = authenticator;
    this.rules = rules.isEmpty() ? KNOWN_CALLERS : List.copyOf(rules);
    this.keys = keys;
    this.sources = sources;
  }

  /**
   * Returns a policy without a file.
   *
   * @param rules {@code allow METHODS to WHO}; the first that fits decides. Once there is one, what
   *     none is for is refused; without one, who is known may call everything
   * @throws IllegalArgumentException if a rule is malformed
   */
  public static Policy of(Authenticator authenticator, String... rules) {
    return new Policy(
        "", authenticator, Arrays.stream(rules).map(Rule::of).toList(), null, List.of());
  }

  /**
   * Reads a policy file and checks all but the names of methods. Blocks.
   *
   * @param first asked before what the file says; it may find nobody
   * @throws OptionsException if it cannot be read, or says what is not allowed
   */
  public static Policy read(Vertx vertx, String file, Authenticator first) {
    String text = ConfigTree.text(Path.of(file));
    PolicyOptions options = PolicyOptions.of(file, text);
    List<Rule> rules = new ArrayList<>();
    for (String rule : options.rules()) {
      try {
        rules.add(Rule.of(rule));
      } catch (IllegalArgumentException malformed) {
        throw new OptionsException(file + line(text, rule) + ": " + malformed.getMessage());
      }
    }
    try {
      AuthenticateOptions ways = options.authenticate();
      Authenticator all = first;
      TokenKeys keys = null;
      if (!ways.jwt().keys().isEmpty()) {
        keys = new TokenKeys(vertx, ways.jwt());
        all = all.or(new BearerTokens(keys, ways.jwt().rolesClaim()));
      }
      if (!ways.apiKeys().keys().isEmpty()) {
        all = all.or(new ApiKeys(ways.apiKeys()));
      }
      if (ways.certificates()) {
        all = all.or(new ClientCertificates());
      }
      return new Policy(file, all, rules, keys, sources(text, ways.jwt().keys()));
    } catch (IllegalArgumentException refused) {
      throw new OptionsException(file + ": " + refused.getMessage());
    }
  }

  /** Whether files of the same content would make the same. */
  public boolean isSameAs(Policy other) {
    return Arrays.deepEquals(sources.toArray(), other.sources.toArray());
  }

  /**
   * Checks that the rules are for methods that exist.
   *
   * @throws OptionsException that names the file, the rule and the nearest method
   */
  public void check(Collection<? extends Method<?, ?>> methods) {
    Set<String> known = new LinkedHashSet<>();
    for (Method<?, ?> method : methods) {
      known.add(method.fullName());
      known.add(method.service() + "/*");
    }
    for (Rule rule : rules) {
      if (!rule.methods().equals("*") && !known.contains(rule.methods())) {
        String nearest = Nearest.of(rule.methods(), known);
        throw new OptionsException(place(rule.toString()) + "rules: " + rule + " (expected: "
            + (nearest == null
                ? "a method that is served: " + known
                : "one that is served, " + nearest)
            + ")");
      }
    }
  }

  /** Finds out who calls; see {@link Authenticator}. */
  public Future<Principal> authenticate(Metadata headers, Peer peer) {
    return authenticator.authenticate(headers, peer);
  }

  /** Returns what becomes of a call. */
  public Decision decide(Method<?, ?> method, Principal caller) {
    Rule rule = deciding(rulesFor(method), caller);
    return rule == null
        ? new Decision(false, "no rule is for this method and caller")
        : new Decision(rule.allow(), rule.toString());
  }

  /** Returns the rules for a method as texts, in their order. */
  public List<String> rulesOf(Method<?, ?> method) {
    return rulesFor(method).stream().map(Rule::toString).toList();
  }

  /** Returns the first rule that is for a caller, null if none is. */
  static @Nullable Rule deciding(List<Rule> rules, Principal caller) {
    for (Rule rule : rules) {
      if (rule.isFor(caller)) {
        return rule;
      }
    }
    return null;
  }

  /** Returns the rules that are for a method, in their order. */
  List<Rule> rulesFor(Method<?, ?> method) {
    return rules.stream().filter(rule -> rule.isFor(method)).toList();
  }

  /** Stops what it does in the background. */
  public void close() {
    if (keys != null) {
      keys.close();
    }
  }

  /** Returns where a rule stands, if it stands in a file. */
  private String place(String rule) {
    return file.isEmpty()
        ? ""
        : file + line(new String(sources.get(0), StandardCharsets.UTF_8), rule) + ": ";
  }

  private static String line(String text, String rule) {
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(rule)) {
        return " line " + (i + 1);
      }
    }
    return "";
  }

  private static List<byte[]> sources(String text, AuthenticateOptions.KeySources keys) {
    List<byte[]> all = new ArrayList<>();
    all.add(text.getBytes(StandardCharsets.UTF_8));
    List<String> files = new ArrayList<>(keys.files());
    if (!keys.secretFile().isEmpty()) {
      files.add(keys.secretFile());
    }
    for (String file : files) {
      try {
        all.add(Files.readAllBytes(Path.of(file)));
      } catch (IOException gone) {
        throw new IllegalArgumentException(
            "authenticate.jwt.keys: " + file + " (expected: a file that can be read)", gone);
      }
    }
    return all;
  }
}
