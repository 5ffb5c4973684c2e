package dev.grpcbackend.policy;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionsException;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Signs tokens that a policy file takes, by the secret that it names: for trials and tests. */
public final class TokenSigner {

  private final AuthenticateOptions.Jwt options;
  private final JWTAuth signer;
  private final String algorithm;

  private TokenSigner(Vertx vertx, AuthenticateOptions.Jwt options, PubSecKeyOptions secret) {
    this.options = options;
    this.algorithm = secret.getAlgorithm();
    this.signer = JWTAuth.create(vertx, new JWTAuthOptions().addPubSecKey(secret));
  }

  /**
   * Reads a policy file and its secret. Blocks.
   *
   * @throws OptionsException if it names no secret, or cannot be read
   */
  public static TokenSigner of(Vertx vertx, String file) {
    AuthenticateOptions.Jwt options =
        PolicyOptions.of(file, ConfigTree.text(Path.of(file))).authenticate().jwt();
    try {
      return KeyFiles.read(options).stream()
          .filter(key -> key.getAlgorithm().startsWith("HS"))
          .findFirst()
          .map(secret -> new TokenSigner(vertx, options, secret))
          .orElseThrow(
              () -> new OptionsException(file + ": " + AuthenticateOptions.KeySources.SECRET_FILE
                  + ": none (expected: a file; only who has the secret can sign)"));
    } catch (IllegalArgumentException refused) {
      throw new OptionsException(file + ": " + refused.getMessage());
    }
  }

  /** Returns a token for a caller of this name, which ends after {@code validity}. */
  public String sign(String name, List<String> roles, Duration validity) {
    JWTOptions rules = new JWTOptions()
        .setAlgorithm(algorithm)
        .setSubject(name)
        .setExpiresInSeconds((int) validity.toSeconds());
    if (!options.issuer().isEmpty()) {
      rules.setIssuer(options.issuer());
    }
    if (!options.audience().isEmpty()) {
      rules.addAudience(options.audience());
    }
    return signer.generateToken(claims(roles), rules);
  }

  /** The claim of the roles may lie within others. */
  private JsonObject claims(List<String> roles) {
    JsonObject claims = new JsonObject();
    if (roles.isEmpty()) {
      return claims;
    }
    List<String> path = List.of(options.rolesClaim().split("\\.", -1));
    JsonObject at = claims;
    for (String outer : path.subList(0, path.size() - 1)) {
      JsonObject inner = new JsonObject();
      at.put(outer, inner);
      at = inner;
    }
    at.put(path.get(path.size() - 1), new JsonArray(roles));
    return claims;
  }
}
