package dev.grpcbackend.policy;

import dev.grpcbackend.options.Expect;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.auth.PubSecKeyOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads keys from files, and tells by their kind for which algorithms they are. */
final class KeyFiles {

  private static final List<String> KINDS = List.of("RSA", "EC", "Ed25519");
  private static final int MIN_SECRET_BYTES = 32;

  private KeyFiles() {}

  /**
   * Reads all keys of the options. Blocks.
   *
   * @throws IllegalArgumentException that names the file which is none
   */
  static List<PubSecKeyOptions> read(AuthenticateOptions.Jwt options) {
    List<PubSecKeyOptions> keys = new ArrayList<>();
    for (String file : options.keys().files()) {
      PublicKey key = key(file);
      Expect.that(
          key != null,
          AuthenticateOptions.KeySources.FILES,
          file,
          "a public key or certificate, PEM");
      if (key != null) {
        List<String> algorithms = TokenKeys.allowed(options, algorithms(key));
        Expect.that(
            !algorithms.isEmpty(),
            AuthenticateOptions.KeySources.FILES,
            file + " with a key for " + algorithms(key).stream().sorted().toList(),
            "a key for one of authenticate.jwt.algorithms " + options.algorithms());
        algorithms.forEach(algorithm -> keys.add(
            new PubSecKeyOptions().setAlgorithm(algorithm).setBuffer(Buffer.buffer(pem(key)))));
      }
    }
    if (!options.keys().secretFile().isEmpty()) {
      Buffer secret = secret(options.keys().secretFile());
      TokenKeys.allowed(options, Set.of("HS"))
          .forEach(algorithm ->
              keys.add(new PubSecKeyOptions().setAlgorithm(algorithm).setBuffer(secret)));
    }
    return keys;
  }

  private static Buffer secret(String file) {
    byte[] bytes = bytes(AuthenticateOptions.KeySources.SECRET_FILE, file);
    // An editor ends a file with a line's end that is not meant.
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Buffer secret = Buffer.buffer(text.stripTrailing().getBytes(StandardCharsets.ISO_8859_1));
    Expect.that(
        secret.length() >= MIN_SECRET_BYTES,
        AuthenticateOptions.KeySources.SECRET_FILE,
        file + " with " + secret.length() + " bytes",
        MIN_SECRET_BYTES + " bytes or more");
    return secret;
  }

  private static byte[] bytes(String option, String file) {
    try {
      return Files.readAllBytes(Path.of(file));
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          option + ": " + file + " (expected: a file that can be read)", unreadable);
    }
  }

  private static @Nullable PublicKey key(String file) {
    byte[] bytes = bytes(AuthenticateOptions.KeySources.FILES, file);
    String text = new String(bytes, StandardCharsets.US_ASCII);
    try {
      if (text.contains("-----BEGIN CERTIFICATE-----")) {
        return CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(bytes))
            .getPublicKey();
      }
      byte[] encoded = Base64.getMimeDecoder()
          .decode(text.replaceFirst("(?s)^.*-----BEGIN PUBLIC KEY-----", "")
              .replaceFirst("(?s)-----END PUBLIC KEY-----.*$", ""));
      for (String kind : KINDS) {
        PublicKey key = keyOf(kind, encoded);
        if (key != null) {
          return key;
        }
      }
      return null;
    } catch (GeneralSecurityException | IllegalArgumentException none) {
      return null;
    }
  }

  private static @Nullable PublicKey keyOf(String kind, byte[] encoded) {
    try {
      return KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(encoded));
    } catch (GeneralSecurityException another) {
      return null;
    }
  }

  /** RFC 7518, section 3.1, and RFC 8037, section 3.1. */
  private static Set<String> algorithms(PublicKey key) {
    if (key instanceof ECPublicKey curve) {
      return switch (curve.getParams().getCurve().getField().getFieldSize()) {
        case 256 -> Set.of("ES256");
        case 384 -> Set.of("ES384");
        case 521 -> Set.of("ES512");
        default -> Set.of();
      };
    }
    return key.getAlgorithm().equals("RSA") ? Set.of("RS", "PS") : Set.of("EdDSA");
  }

  private static String pem(PublicKey key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }
}
