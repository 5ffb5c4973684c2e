package dev.grpcbackend.server;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a server's TLS held when they were read. Equal to another reading if not a byte
 * has changed.
 *
 * @param key empty with PKCS#12
 * @param trust empty if clients show no certificate
 */
record TlsFiles(ServerOptions.Tls names, Buffer certificate, Buffer key, Buffer trust) {

  private static final byte[] SAMPLE = {1};

  /**
   * Reads the files. Blocks.
   *
   * @throws IllegalArgumentException if one cannot be read; it names the key and the file
   */
  static TlsFiles read(ServerOptions.Tls names) {
    return new TlsFiles(
        names,
        read("tls.certFile", names.certFile()),
        read("tls.keyFile", names.keyFile()),
        read("tls.trustFile", names.trustFile()));
  }

  private static Buffer read(String option, String file) {
    try {
      return file.isEmpty() ? Buffer.buffer() : Buffer.buffer(Files.readAllBytes(Path.of(file)));
    } catch (IOException unreadable) {
      throw wrong(option, file, "a file that can be read", unreadable);
    }
  }

  /**
   * Puts the certificates into the options of a server, once it is clear that they can be used. Blocks.
   *
   * @return the server's own certificate
   * @throws IllegalArgumentException if they cannot; it names the key and the file
   */
  X509Certificate into(ServerSSLOptions options, Vertx vertx) {
    KeyCertOptions pair = keyAndCertificate();
    X509Certificate own = check(pair, vertx);
    options.setKeyCertOptions(pair);
    if (!names.trustFile().isEmpty()) {
      options.setTrustOptions(checkedTrust(vertx));
    }
    return own;
  }

  private KeyCertOptions keyAndCertificate() {
    return ServerOptions.Tls.isPkcs12(names.certFile())
        ? new PfxOptions().setValue(certificate).setPassword(names.password())
        : new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
  }

  private X509Certificate check(KeyCertOptions pair, Vertx vertx) {
    X509Certificate own = null;
    boolean fits = false;
    try {
      for (KeyManager manager : pair.getKeyManagerFactory(vertx).getKeyManagers()) {
        X509KeyManager keys = (X509KeyManager) manager;
        String alias = alias(keys);
        if (alias != null) {
          own = keys.getCertificateChain(alias)[0];
          fits = fits(keys.getPrivateKey(alias), own);
        }
      }
    } catch (Exception unusable) {
      throw unusable(unusable);
    }
    if (own == null) {
      throw unusable(null);
    }
    if (!fits) {
      throw wrong(
          "tls.keyFile",
          names.keyFile(),
          "the private key of the certificate in " + names.certFile(),
          null);
    }
    return own;
  }

  private static @Nullable String alias(X509KeyManager keys) {
    for (String type : List.of("EC", "RSA", "EdDSA")) {
      String[] aliases = keys.getServerAliases(type, null);
      if (aliases != null && aliases.length > 0) {
        return aliases[0];
      }
    }
    return null;
  }

  /** Whether one key verifies what the other has signed. */
  private static boolean fits(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm = switch (key.getAlgorithm()) {
      case "EC" -> "SHA256withECDSA";
      case "RSA" -> "SHA256withRSA";
      default -> key.getAlgorithm();
    };
    if (!key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
      return false;
    }
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(SAMPLE);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(SAMPLE);
    return signature.verify(signed);
  }

  private TrustOptions checkedTrust(Vertx vertx) {
    boolean pkcs12 = ServerOptions.Tls.isPkcs12(names.trustFile());
    TrustOptions options = pkcs12
        ? new PfxOptions().setValue(trust).setPassword(names.trustPassword())
        : new PemTrustOptions().addCertValue(trust);
    try {
      options.getTrustManagerFactory(vertx);
      return options;
    } catch (Exception unusable) {
      String expected =
          pkcs12 ? "a PKCS#12 file that tls.trustPassword opens" : "certificates, PEM";
      throw wrong("tls.trustFile", names.trustFile(), expected, unusable);
    }
  }

  private IllegalArgumentException unusable(@Nullable Exception cause) {
    String file = names.certFile();
    return ServerOptions.Tls.isPkcs12(file)
        ? wrong("tls.certFile", file, "a PKCS#12 file with a key that tls.password opens", cause)
        : wrong(
            "tls.certFile",
            file,
            "a certificate chain, PEM, with the private key, PEM (PKCS#8), in " + names.keyFile(),
            cause);
  }

  private static IllegalArgumentException wrong(
      String option, String file, String expected, @Nullable Exception cause) {
    return new IllegalArgumentException(
        option + ": " + file + " (expected: " + expected + ")", cause);
  }

  /** No secrets. */
  @Override
  public String toString() {
    return names.certFile();
  }
}
