package dev.grpcbackend.policy;

import dev.grpcbackend.options.Expect;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * How callers prove who they are; the first way by which they try decides.
 *
 * @param certificates whether the certificate of a TLS connection says who calls; {@code
 *     tls.clientAuth} says whether there has to be one
 */
public record AuthenticateOptions(Jwt jwt, ApiKeys apiKeys, boolean certificates) {

  /** Not at all. */
  public static final AuthenticateOptions DEFAULTS =
      new AuthenticateOptions(Jwt.DEFAULTS, ApiKeys.DEFAULTS, false);

  /**
   * Callers with a token of RFC 7519 in {@code authorization: Bearer}. It has to have a name ({@code
   * sub}) and an end ({@code exp}).
   *
   * @param algorithms those that a signature may have (RFC 7518, section 3.1); {@code none} is none
   * @param issuer what {@code iss} has to be; empty for anything
   * @param audience what {@code aud} has to have; empty for anything
   * @param leeway by how much clocks may differ
   * @param rolesClaim the claim that has the roles: a list, or a text with spaces between them
   */
  public record Jwt(
      KeySources keys,
      List<String> algorithms,
      String issuer,
      String audience,
      Duration leeway,
      String rolesClaim) {

    private static final Set<String> ALGORITHMS = Set.of(
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
        "HS256", "HS384", "HS512");

    /** No tokens; RS256, ES256 and HS256, 30 s, {@code roles}. */
    public static final Jwt DEFAULTS = new Jwt(
        KeySources.DEFAULTS,
        List.of("RS256", "ES256", "HS256"),
        "",
        "",
        Duration.ofSeconds(30),
        "roles");

    public Jwt {
      algorithms = List.copyOf(algorithms);
      for (String algorithm : algorithms) {
        Expect.that(
            ALGORITHMS.contains(algorithm),
            "authenticate.jwt.algorithms",
            algorithm,
            "one of " + ALGORITHMS.stream().sorted().toList());
      }
      Expect.that(!leeway.isNegative(), "authenticate.jwt.leeway", leeway, ">= 0");
    }
  }

  /**
   * Where the keys of those are who sign tokens; none means no tokens.
   *
   * @param files public keys or certificates, PEM
   * @param secretFile a secret that signer and server share, of 32 bytes or more; empty for none
   * @param jwksUrl where the signer publishes its keys (RFC 7517); empty for nowhere
   * @param jwksRefresh how old these may become, from 1 s on
   */
  public record KeySources(
      List<String> files, String secretFile, String jwksUrl, Duration jwksRefresh) {

    static final String FILES = "authenticate.jwt.keys.files";
    static final String SECRET_FILE = "authenticate.jwt.keys.secretFile";
    static final String JWKS_URL = "authenticate.jwt.keys.jwksUrl";

    /** None; published keys are good for five minutes. */
    public static final KeySources DEFAULTS =
        new KeySources(List.of(), "", "", Duration.ofMinutes(5));

    public KeySources {
      files = List.copyOf(files);
      Expect.that(
          jwksUrl.isEmpty() || jwksUrl.matches("https?://.+"), JWKS_URL, jwksUrl, "http(s)://...");
      Expect.that(
          jwksRefresh.compareTo(Duration.ofSeconds(1)) >= 0,
          "authenticate.jwt.keys.jwksRefresh",
          jwksRefresh,
          ">= 1s");
    }

    boolean isEmpty() {
      return files.isEmpty() && secretFile.isEmpty() && jwksUrl.isEmpty();
    }
  }

  /**
   * Callers with a secret in a header.
   *
   * @param header the header's name
   * @param keys for each caller the SHA-256 of the key in hex, the caller's name, and roles
   */
  public record ApiKeys(String header, List<String> keys) {

    static final String KEYS = "authenticate.apiKeys.keys";
    private static final int MAX_KEYS = 1_000;

    /** No callers; the header is {@code x-api-key}. */
    public static final ApiKeys DEFAULTS = new ApiKeys("x-api-key", List.of());

    public ApiKeys {
      keys = List.copyOf(keys);
      Expect.that(
          header.matches("[a-z0-9_.-]+") && !header.endsWith("-bin"),
          "authenticate.apiKeys.header",
          header,
          "a lower-case name of a header of text");
      // Each call is compared with all of them.
      Expect.that(keys.size() <= MAX_KEYS, KEYS, keys.size() + " keys", "at most " + MAX_KEYS);
    }
  }
}
