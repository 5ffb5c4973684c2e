package dev.grpcbackend.policy;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Makes tokens with nothing but the JDK: what a signer does who does not know our library. */
final class Tokens {

  private Tokens() {}

  static KeyPair rsa() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    return generator.generateKeyPair();
  }

  static JsonObject claims() {
    return new JsonObject()
        .put("sub", "ada")
        .put("iss", "https://issuer")
        .put("aud", "shop")
        .put("roles", new io.vertx.core.json.JsonArray().add("staff"))
        .put("tenant", "acme")
        .put("exp", Instant.now().getEpochSecond() + 600);
  }

  static String rs256(KeyPair keys, String kid, JsonObject claims) throws Exception {
    String signed = head("RS256", kid) + "." + encoded(claims);
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + encoded(signature.sign());
  }

  static KeyPair ec() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  static String es256(KeyPair keys, JsonObject claims) throws Exception {
    String signed = head("ES256", "") + "." + encoded(claims);
    // RFC 7518, section 3.4: the two numbers, without the ASN.1 around them.
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + encoded(signature.sign());
  }

  static String hs256(byte[] secret, JsonObject claims) throws Exception {
    String signed = head("HS256", "") + "." + encoded(claims);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    return signed + "." + encoded(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
  }

  static String none(JsonObject claims) {
    return head("none", "") + "." + encoded(claims) + ".";
  }

  private static String head(String algorithm, String kid) {
    JsonObject head = new JsonObject().put("typ", "JWT").put("alg", algorithm);
    return encoded(kid.isEmpty() ? head : head.put("kid", kid));
  }

  private static String encoded(JsonObject json) {
    return encoded(json.encode().getBytes(StandardCharsets.UTF_8));
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static String pem(KeyPair keys) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  /** Returns a public key as it is published (RFC 7517). */
  static JsonObject jwk(KeyPair keys, String kid) {
    RSAPublicKey key = (RSAPublicKey) keys.getPublic();
    return new JsonObject()
        .put("kty", "RSA")
        .put("use", "sig")
        .put("alg", "RS256")
        .put("kid", kid)
        .put("n", encoded(unsigned(key.getModulus())))
        .put("e", encoded(unsigned(key.getPublicExponent())));
  }

  private static byte[] unsigned(BigInteger number) {
    byte[] bytes = number.toByteArray();
    return bytes[0] == 0 ? java.util.Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }
}
