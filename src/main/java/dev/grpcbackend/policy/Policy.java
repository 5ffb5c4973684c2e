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
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Who is who, and who may call what. Thread-safe. */
public final class Policy {

  private static final List<Rule> KNOWN_CALLERS =
      List.of(Rule.of("allow * to authenticated"), Rule.of("allow /metrics to authenticated"));

  private final String file;
  private final Authenticator authenticator;
  private final Sentences said;
  private final @Nullable BearerTokens tokens;

  /** The bytes of all files that it was made of. */
  private final List<byte[]> sources;

  /**
   * What becomes of a caller.
   *
   * @param reason the text of the rule that decides, or why none does
   */
  public record Decision(boolean allowed, String reason) {}

  private record Sentences(List<Rule> rules, List<Limit> limits, List<Cap> caps) {
    Sentences {
      rules = rules.isEmpty() ? KNOWN_CALLERS : List.copyOf(rules);
      limits = List.copyOf(limits);
      caps = List.copyOf(caps);
    }
  }

  private Policy(
      String file,
      Authenticator authenticator,
      Sentences said,
      @Nullable BearerTokens tokens,
      List<byte[]> sources) {
    this.file = file;
    this.authenticator = authenticator;
    this.said = said;
    this.tokens = tokens;
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
    Sentences said =
        new Sentences(Arrays.stream(rules).map(Rule::of).toList(), List.of(), List.of());
    return new Policy("", authenticator, said, null, List.of());
  }

  /**
   * Reads a policy file and checks all but the names of methods. Blocks.
   *
   * @param first asked before what the file says; it may find nobody
   * @throws OptionsException if it cannot be read, or says what is not allowed
   */
  public static Policy read(Vertx vertx, String file, Authenticator first) {
    return read(vertx, file, first, new Limits());
  }

  /**
   * The same, for one of several servers, or policies, that count calls together.
   *
   * @param shared what they have counted
   */
  public static Policy read(Vertx vertx, String file, Authenticator first, Limits shared) {
    String text = ConfigTree.text(Path.of(file));
    PolicyOptions options = PolicyOptions.of(file, text);
    List<Rule> rules = eachOf(options.rules(), Rule::of, file, text);
    List<Cap> caps =
        options.limits().stream().map(Cap::of).filter(Objects::nonNull).toList();
    List<String> counted =
        options.limits().stream().filter(limit -> Cap.of(limit) == null).toList();
    List<Limit> limits = eachOf(counted, shared::of, file, text);
    try {
      AuthenticateOptions ways = options.authenticate();
      Authenticator all = first;
      BearerTokens tokens = null;
      if (!ways.jwt().keys().isEmpty()) {
        TokenKeys keys = new TokenKeys(vertx, ways.jwt());
        tokens = new BearerTokens(vertx, keys, ways.jwt().rolesClaim());
        all = all.or(tokens);
      }
      if (!ways.apiKeys().keys().isEmpty()) {
        all = all.or(new ApiKeys(ways.apiKeys()));
      }
      if (ways.certificates()) {
        all = all.or(new ClientCertificates());
      }
      return new Policy(
          file,
          all,
          new Sentences(rules, limits, caps),
          tokens,
          sources(text, ways.jwt().keys()));
    } catch (IllegalArgumentException refused) {
      throw new OptionsException(file + ": " + refused.getMessage());
    }
  }

  private static <T> List<T> eachOf(
      List<String> sentences, Function<String, T> reader, String file, String text) {
    List<T> all = new ArrayList<>();
    for (String sentence : sentences) {
      try {
        all.add(reader.apply(sentence));
      } catch (IllegalArgumentException malformed) {
        throw new OptionsException(file + line(text, sentence) + ": " + malformed.getMessage());
      }
    }
    return all;
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
    Set<String> known = new LinkedHashSet<>(Set.of(Rule.METRICS));
    for (Method<?, ?> method : methods) {
      known.add(method.fullName());
      known.add(method.service() + "/*");
    }
    said.rules.forEach(rule -> check(known, "rules", rule.methods(), rule.toString()));
    said.limits.forEach(limit -> check(known, "limits", limit.methods(), limit.toString()));
    said.caps.forEach(cap -> check(known, "limits", cap.methods(), cap.toString()));
  }

  private void check(Set<String> known, String key, String methods, String sentence) {
    if (!methods.equals("*") && !known.contains(methods)) {
      String nearest = Nearest.of(methods, known);
      throw new OptionsException(place(sentence) + key + ": " + sentence + " (expected: "
          + (nearest == null
              ? "a method that is served: " + known
              : "one that is served, " + nearest)
          + ")");
    }
  }

  /** Finds out who calls; see {@link Authenticator}. */
  public Future<Principal> authenticate(Metadata headers, Peer peer) {
    return authenticator.authenticate(headers, peer);
  }

  /** Returns what becomes of a call. */
  public Decision decide(Method<?, ?> method, Principal caller) {
    return decide(rulesFor(method), caller, "no rule is for this method and caller");
  }

  /** Returns what becomes of one who asks for {@code /metrics} on the port of the calls. */
  public Decision decideMetrics(Principal caller) {
    List<Rule> rules =
        said.rules.stream().filter(rule -> rule.methods().equals(Rule.METRICS)).toList();
    return decide(rules, caller, "no rule is for /metrics and this caller");
  }

  private static Decision decide(List<Rule> rules, Principal caller, String none) {
    Rule rule = deciding(rules, caller);
    return rule == null ? new Decision(false, none) : new Decision(rule.allow(), rule.toString());
  }

  /** Returns the rules and the limits for a method as texts, in their order. */
  public List<String> textsFor(Method<?, ?> method) {
    return Stream.of(rulesFor(method), limitsFor(method), capsFor(method))
        .flatMap(List::stream)
        .map(Object::toString)
        .toList();
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
    return said.rules.stream().filter(rule -> rule.isFor(method)).toList();
  }

  /** Returns the limits that are for a method. */
  List<Limit> limitsFor(Method<?, ?> method) {
    return said.limits.stream().filter(limit -> limit.isFor(method)).toList();
  }

  /** Returns the caps that are for a method. */
  List<Cap> capsFor(Method<?, ?> method) {
    return said.caps.stream().filter(cap -> cap.isFor(method)).toList();
  }

  /** Stops what it does in the background. */
  public void close() {
    if (tokens != null) {
      tokens.close();
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
