package dev.grpcbackend.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A certificate for {@code localhost}, made by the JDK's {@code keytool} for a first try on one's own
 * machine. Nobody trusts it but who is told to; its files go when the process ends.
 *
 * @param store certificate and private key, PKCS#12
 * @param password what opens the store
 * @param certificate the certificate alone, PEM: what clients are told to trust
 */
record SelfSigned(Path store, String password, Path certificate) {

  private static final String ALIAS = "localhost";
  private static final String DAYS = "30";
  private static final int KEYTOOL_SECONDS = 60;

  /** RFC 7468, section 2. */
  private static final int PEM_LINE = 64;

  /**
   * Makes one. Blocks for a second or so.
   *
   * @throws CommandFailure if the JDK cannot
   */
  static SelfSigned create() {
    try {
      // A folder that nobody else may look into.
      Path folder = Files.createTempDirectory("grpc-backend-tls");
      folder.toFile().deleteOnExit();
      SelfSigned made = new SelfSigned(
          folder.resolve("localhost.p12"),
          UUID.randomUUID().toString(),
          folder.resolve("localhost.pem"));
      made.store.toFile().deleteOnExit();
      made.certificate.toFile().deleteOnExit();
      made.runKeytool();
      Files.writeString(made.certificate, made.pem());
      return made;
    } catch (IOException | GeneralSecurityException failure) {
      throw new CommandFailure("--tls-self-signed: " + failure.getMessage());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("--tls-self-signed: interrupted");
    }
  }

  private void runKeytool() throws IOException, InterruptedException {
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    String[] what = {
      keytool,
      "-genkeypair",
      "-alias",
      ALIAS,
      "-keyalg",
      "EC",
      "-groupname",
      "secp256r1",
      "-dname",
      "CN=localhost",
      "-ext",
      "SAN=dns:localhost,ip:127.0.0.1,ip:::1",
      "-validity",
      DAYS,
      "-storetype",
      "PKCS12",
      "-keystore",
      store.toString(),
      // Not as an argument, which every user of the machine can read.
      "-storepass:env",
      "STORE_PASSWORD"
    };
    ProcessBuilder builder = new ProcessBuilder(List.of(what)).redirectErrorStream(true);
    builder.environment().put("STORE_PASSWORD", password);
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(keytool + " did not end within " + KEYTOOL_SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      throw new IOException(keytool + ": " + said.strip());
    }
  }

  private String pem() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, password.toCharArray());
    }
    Base64.Encoder base64 =
        Base64.getMimeEncoder(PEM_LINE, System.lineSeparator().getBytes(StandardCharsets.US_ASCII));
    return String.format(
        "-----BEGIN CERTIFICATE-----%n%s%n-----END CERTIFICATE-----%n",
        base64.encodeToString(keys.getCertificate(ALIAS).getEncoded()));
  }
}
