package interop;

import java.io.File;
import java.security.KeyStore;
import java.util.Base64;

/** Prints a key of a key store as PEM, as keytool cannot: {@code FILE ALIAS PASSWORD}. */
public final class PrivateKey {

  private PrivateKey() {}

  public static void main(String[] args) throws Exception {
    System.out.println("-----BEGIN PRIVATE KEY-----");
    System.out.println(Base64.getMimeEncoder().encodeToString(key(args)));
    System.out.println("-----END PRIVATE KEY-----");
  }

  private static byte[] key(String... args) throws Exception {
    char[] password = args[2].toCharArray();
    KeyStore store = KeyStore.getInstance(new File(args[0]), password);
    return store.getKey(args[1], password).getEncoded();
  }
}
