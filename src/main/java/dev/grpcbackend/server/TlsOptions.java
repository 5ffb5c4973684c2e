package dev.grpcbackend.server;

import dev.grpcbackend.options.Expect;
import java.time.Duration;

/**
 * TLS 1.3 and 1.2 with ALPN. A file is PEM, or PKCS#12 if its name ends with {@code .p12} or {@code
 * .pfx}; all are read anew when they change.
 *
 * @param certFile the certificate chain, with PKCS#12 the key too; empty for clear text
 * @param keyFile the private key, PEM (PKCS#8); empty with PKCS#12
 * @param password what opens {@code certFile}, if it is PKCS#12
 * @param clientAuth whether clients must, or may, show a certificate
 * @param trustFile the authorities that client certificates come from
 * @param trustPassword what opens {@code trustFile}, if it is PKCS#12
 * @param reloadInterval how often the files are looked at; zero for never
 */
public record TlsOptions(
    String certFile,
    String keyFile,
    String password,
    ClientAuth clientAuth,
    String trustFile,
    String trustPassword,
    Duration reloadInterval) {

  /** Whether clients show a certificate. */
  public enum ClientAuth {
    NONE,
    REQUEST,
    REQUIRE
  }

  /** Clear text. */
  public static final TlsOptions DEFAULTS =
      new TlsOptions("", "", "", ClientAuth.NONE, "", "", Duration.ofSeconds(2));

  public TlsOptions {
    boolean oneFile = isPkcs12(certFile);
    Expect.that(
        oneFile ? keyFile.isEmpty() : certFile.isEmpty() == keyFile.isEmpty(),
        certFile.isEmpty() ? "tls.certFile" : "tls.keyFile",
        keyFile.isEmpty() || certFile.isEmpty() ? "\"\"" : keyFile,
        oneFile ? "none, as tls.certFile has the key" : "certFile and keyFile together");
    Expect.that(
        clientAuth == ClientAuth.NONE || !certFile.isEmpty(),
        "tls.clientAuth",
        clientAuth,
        "none without tls.certFile");
    Expect.that(
        clientAuth != ClientAuth.REQUIRE || !trustFile.isEmpty(),
        "tls.trustFile",
        "\"\"",
        "a file, as tls.clientAuth is require");
    Expect.that(!reloadInterval.isNegative(), "tls.reloadInterval", reloadInterval, ">= 0");
  }

  /** Returns TLS with a certificate chain and its private key, both PEM. */
  public static TlsOptions of(String certFile, String keyFile) {
    return new TlsOptions(
        certFile, keyFile, "", ClientAuth.NONE, "", "", DEFAULTS.reloadInterval());
  }

  /** Returns TLS that asks clients for a certificate of an authority in a PEM file. */
  public TlsOptions withClientAuth(ClientAuth clientAuth, String trustFile) {
    return new TlsOptions(
        certFile, keyFile, password, clientAuth, trustFile, trustPassword, reloadInterval);
  }

  /** Leaves out the passwords. */
  @Override
  public String toString() {
    return "TlsOptions[certFile=" + certFile + ", keyFile=" + keyFile + ", clientAuth=" + clientAuth
        + ", trustFile=" + trustFile + ", reloadInterval=" + reloadInterval + "]";
  }

  /** Whether a file is PKCS#12, by its name. */
  static boolean isPkcs12(String file) {
    return file.endsWith(".p12") || file.endsWith(".pfx");
  }

  public boolean isEnabled() {
    return !certFile.isEmpty();
  }
}
