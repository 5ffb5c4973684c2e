package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.policy.Authenticator;
import dev.grpcbackend.policy.Policy;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import javax.net.ssl.SSLSession;

/**
 * Measures what it takes to know a caller by a token and to find the rule that lets it in: for tokens
 * that were never seen, whose signature is checked, and for one that was.
 */
public final class TokenChecks {

  private static final int TOKENS = 4_000;
  private static final int ROUNDS = 7;
  private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.ascii("authorization");
  private static final Method<HelloRequest, HelloReply> METHOD = new Method<>(
      "bench.Greeter",
      "SayHello",
      MethodType.UNARY,
      Marshaller.of(HelloRequest.class),
      Marshaller.of(HelloReply.class),
      false,
      null);

  private static final Peer PEER = new Peer() {
    @Override
    public SocketAddress remoteAddress() {
      return SocketAddress.inetSocketAddress(1, "127.0.0.1");
    }

    @Override
    public SSLSession tlsSession() {
      return null;
    }
  };

  private TokenChecks() {}

  /** Prints a line for each algorithm. */
  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    System.out.println("algorithm  never seen  seen before   (microseconds, median of rounds)");
    try {
      measure(vertx, "RS256", "RSA", 2048, "SHA256withRSA");
      measure(vertx, "ES256", "EC", 256, "SHA256withECDSAinP1363Format");
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static void measure(
      Vertx vertx, String algorithm, String kind, int bits, String signatureName) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
    generator.initialize(bits);
    KeyPair keys = generator.generateKeyPair();
    Policy policy = Policy.read(vertx, policyFile(keys).toString(), Authenticator.NOBODY);
    Signature signature = Signature.getInstance(signatureName);
    double[] fresh = new double[ROUNDS];
    double[] again = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      Metadata[] calls = new Metadata[TOKENS];
      for (int i = 0; i < TOKENS; i++) {
        calls[i] = call(token(algorithm, keys, signature, "caller-" + round + "-" + i));
      }
      fresh[round] = micros(policy, calls);
      Metadata[] same = new Metadata[TOKENS * 50];
      Arrays.fill(same, calls[TOKENS - 1]);
      again[round] = micros(policy, same);
    }
    Arrays.sort(fresh);
    Arrays.sort(again);
    System.out.printf(
        "%-9s  %10.2f  %11.3f%n", algorithm, fresh[ROUNDS / 2], again[ROUNDS / 2]);
    policy.close();
  }

  private static double micros(Policy policy, Metadata[] calls) {
    long begin = System.nanoTime();
    for (Metadata headers : calls) {
      // Those of elliptic curves are checked by a worker.
      Principal caller =
          policy.authenticate(headers, PEER).toCompletionStage().toCompletableFuture().join();
      if (!policy.decide(METHOD, caller).allowed()) {
        throw new IllegalStateException("a caller is not let in");
      }
    }
    return (System.nanoTime() - begin) / 1_000.0 / calls.length;
  }

  private static Metadata call(String token) {
    Metadata headers = new Metadata();
    headers.add(AUTHORIZATION, "Bearer " + token);
    return headers;
  }

  private static Path policyFile(KeyPair keys) throws Exception {
    Path folder = Files.createTempDirectory("tokens");
    Path pem = Files.writeString(
        folder.resolve("key.pem"),
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n");
    return Files.writeString(
        folder.resolve("policy.yaml"),
        "authenticate:\n  jwt:\n    keys:\n      files: [" + pem + "]\n"
            + "    issuer: https://issuer\n    audience: shop\n"
            + "rules:\n- allow bench.Greeter/* to role:staff\n");
  }

  private static String token(String algorithm, KeyPair keys, Signature signature, String name)
      throws Exception {
    JsonObject head = new JsonObject().put("typ", "JWT").put("alg", algorithm);
    JsonObject claims = new JsonObject()
        .put("sub", name)
        .put("iss", "https://issuer")
        .put("aud", "shop")
        .put("roles", "staff")
        .put("exp", Instant.now().getEpochSecond() + 3_600);
    String signed = encoded(head.encode().getBytes(StandardCharsets.UTF_8)) + "."
        + encoded(claims.encode().getBytes(StandardCharsets.UTF_8));
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + encoded(signature.sign());
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
