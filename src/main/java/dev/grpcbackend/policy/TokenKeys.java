package dev.grpcbackend.policy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys by which signatures of tokens are checked: those of files, and those that the signer
 * publishes. Each is for the algorithms that it was made for and no other, so that no token can have
 * a public key taken for a secret.
 */
final class TokenKeys {

  private final Vertx vertx;
  private final AuthenticateOptions.Jwt options;
  private final List<PubSecKeyOptions> own;
  private final @Nullable PublishedKeys published;
  private volatile JWTAuth current;

  /** The published keys that {@link #current} has been made with. */
  private volatile PublishedKeys.Keys included = PublishedKeys.Keys.NONE;

  /** Reads the files; blocks. */
  TokenKeys(Vertx vertx, AuthenticateOptions.Jwt options) {
    this.vertx = vertx;
    this.options = options;
    this.own = KeyFiles.read(options);
    this.published = options.keys().jwksUrl().isEmpty() ? null : new PublishedKeys(vertx, options);
    this.current = checker(PublishedKeys.Keys.NONE);
  }

  /**
   * Returns what checks tokens now, another one once the keys are others: also who calls with a token
   * that is known already makes old keys be fetched again.
   */
  JWTAuth current() {
    return published == null ? current : checkerFor(published.latest());
  }

  private JWTAuth checkerFor(PublishedKeys.Keys keys) {
    if (!keys.equals(included)) {
      current = checker(keys);
      included = keys;
    }
    return current;
  }

  /**
   * What checks a token.
   *
   * @param slow whether it takes a millisecond: elliptic curves, in JDK 17, do
   */
  record Checker(JWTAuth auth, boolean slow) {}

  /**
   * Returns what checks a token, after a look for its key if that is not known; fails if the token is
   * malformed or its algorithm is not allowed, with UNAVAILABLE if the signer's keys cannot be had.
   */
  Future<Checker> forToken(String token) {
    JsonObject head = head(token);
    String algorithm = head == null ? null : text(head, "alg");
    if (head == null || algorithm == null) {
      return Future.failedFuture("malformed token");
    }
    if (!options.algorithms().contains(algorithm)) {
      return Future.failedFuture("algorithm that is not allowed");
    }
    boolean slow = algorithm.startsWith("ES");
    PublishedKeys source = published;
    // A secret is never published.
    if (source == null || algorithm.startsWith("HS")) {
      return Future.succeededFuture(new Checker(current, slow));
    }
    return source
        .with(text(head, "kid"), !own.isEmpty())
        .map(keys -> new Checker(checkerFor(keys), slow));
  }

  void close() {
    if (published != null) {
      published.close();
    }
  }

  private JWTAuth checker(PublishedKeys.Keys keys) {
    JWTOptions rules = new JWTOptions().setLeeway((int) options.leeway().toSeconds());
    if (!options.issuer().isEmpty()) {
      rules.setIssuer(options.issuer());
    }
    if (!options.audience().isEmpty()) {
      rules.addAudience(options.audience());
    }
    JWTAuthOptions all = new JWTAuthOptions().setJWTOptions(rules);
    own.forEach(all::addPubSecKey);
    keys.keys().forEach(all::addJwk);
    return JWTAuth.create(vertx, all);
  }

  /** Returns the head of a token (RFC 7515, section 4), or null if it has none that can be read. */
  private static @Nullable JsonObject head(String token) {
    int dot = token.indexOf('.');
    if (dot <= 0) {
      return null;
    }
    try {
      byte[] json = Base64.getUrlDecoder().decode(token.substring(0, dot));
      return new JsonObject(new String(json, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException | DecodeException malformed) {
      return null;
    }
  }

  static @Nullable String text(JsonObject from, String key) {
    return from.getValue(key) instanceof String text ? text : null;
  }

  /** Returns the allowed algorithms of a kind of key: {@code RS}, {@code PS}, {@code ES256}. */
  static List<String> allowed(AuthenticateOptions.Jwt options, Set<String> beginnings) {
    return options.algorithms().stream()
        .filter(algorithm -> beginnings.stream().anyMatch(algorithm::startsWith))
        .toList();
  }
}
