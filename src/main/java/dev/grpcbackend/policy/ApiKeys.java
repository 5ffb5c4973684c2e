package dev.grpcbackend.policy;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.options.Expect;
import dev.grpcbackend.rpc.Metadata;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Knows callers by a secret in a header. Only hashes of the secrets are kept; since keys are random
 * and long, unlike passwords, SHA-256 without salt is enough to hide them.
 */
final class ApiKeys implements Authenticator {

  private static final int MAX_KEY_CHARS = 256;
  private static final int HASH_BYTES = 32;

  private final Metadata.Key<String> header;
  private final List<Known> known = new ArrayList<>();

  private static final class Known {

    final byte[] hash;
    final Future<Principal> principal;

    Known(byte[] hash, Principal principal) {
      this.hash = hash;
      this.principal = Future.succeededFuture(principal);
    }
  }

  /** Each of the keys is a hash in hex, a name and any number of roles, between spaces. */
  ApiKeys(AuthenticateOptions.ApiKeys options) {
    header = Metadata.Key.ascii(options.header());
    for (String line : options.keys()) {
      String[] words = line.strip().split("\\s+", -1);
      byte[] hash = words.length < 2 ? null : hash(words[0]);
      // The line may be a secret that somebody forgot to hash: it is not shown.
      Expect.that(
          hash != null,
          AuthenticateOptions.ApiKeys.KEYS,
          "entry " + (known.size() + 1),
          "SHA-256 in hex, name, roles");
      if (hash != null) {
        Set<String> roles = Set.copyOf(List.of(words).subList(2, words.length));
        known.add(new Known(hash, new Principal(words[1], "apikey", roles)));
      }
    }
  }

  private static byte @Nullable [] hash(String hex) {
    try {
      byte[] bytes = HexFormat.of().parseHex(hex);
      return bytes.length == HASH_BYTES ? bytes : null;
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }

  @Override
  public Future<Principal> authenticate(Metadata headers, Peer peer) {
    List<String> sent = headers.getAll(header);
    if (sent.isEmpty()) {
      return NO_CREDENTIALS;
    }
    if (sent.size() > 1) {
      return Future.failedFuture("more than one API key");
    }
    String key = sent.get(0);
    if (key.length() > MAX_KEY_CHARS) {
      return Future.failedFuture("API key of more than " + MAX_KEY_CHARS + " characters");
    }
    byte[] hash = sha256(key);
    Future<Principal> found = null;
    // All are compared, so that the time does not tell which one was near.
    for (Known one : known) {
      if (MessageDigest.isEqual(one.hash, hash)) {
        found = one.principal;
      }
    }
    return found == null ? Future.failedFuture("unknown API key") : found;
  }

  private static byte[] sha256(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
