package dev.grpcbackend.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.proto.Request;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that were not made by the library which checks them. */
@Timeout(120)
class BearerTokensTest {

  private static final String UNKNOWN =
      "{\"code\":\"unauthenticated\",\"message\":\"not authenticated\"}";
  private static final String SECRET = "0123456789abcdef0123456789abcdef";

  private Path folder;
  private GuardedServer server;
  private final KeyPair keys = pair();

  private static KeyPair pair() {
    try {
      return Tokens.rsa();
    } catch (Exception impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @BeforeEach
  void create(@TempDir Path folder) {
    this.folder = folder;
    server = new GuardedServer(folder);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private String policy(String keys) {
    return "authenticate:\n  jwt:\n    keys:\n      " + keys
        + "\n    issuer: https://issuer\n    audience: shop\n    leeway: 0s\n"
        + "rules:\n- allow Service/Process to role:staff\n";
  }

  private void startWithKeyFile() throws Exception {
    Path pem = Files.writeString(folder.resolve("key.pem"), Tokens.pem(keys));
    server.start(policy("files: [" + pem + "]"));
  }

  @Test
  void knowsTheCallerByAToken() throws Exception {
    startWithKeyFile();
    String token = Tokens.rs256(keys, "", Tokens.claims());

    assertThat(server.bearer(token)).contains("hello jwt:ada");
    assertThat(server.bearer(token)).contains("hello jwt:ada");
    assertThat(server.call("authorization", "bearer " + token)).contains("hello jwt:ada");
    assertThat(server.call()).isEqualTo(UNKNOWN);
  }

  @Test
  void refusesTokensThatProveNothingWithOneText() throws Exception {
    startWithKeyFile();
    long now = Instant.now().getEpochSecond();
    String good = Tokens.rs256(keys, "", Tokens.claims());
    byte[] publicKey = Tokens.pem(keys).getBytes(StandardCharsets.UTF_8);
    Map<String, String> bad = new LinkedHashMap<>();
    bad.put("empty", "");
    bad.put("malformed", "abc");
    bad.put("two dots", "..");
    bad.put("not JSON", "e30.e30");
    bad.put("of another key", Tokens.rs256(Tokens.rsa(), "", Tokens.claims()));
    bad.put(
        "changed",
        good.substring(0, good.lastIndexOf('.') - 1) + "A" + good.substring(good.lastIndexOf('.')));
    bad.put("without signature", good.substring(0, good.lastIndexOf('.') + 1));
    bad.put("expired", Tokens.rs256(keys, "", Tokens.claims().put("exp", now - 1)));
    bad.put("not yet valid", Tokens.rs256(keys, "", Tokens.claims().put("nbf", now + 600)));
    bad.put("alg none", Tokens.none(Tokens.claims()));
    bad.put("a public key for a secret", Tokens.hs256(publicKey, Tokens.claims()));
    bad.put("wrong issuer", Tokens.rs256(keys, "", Tokens.claims().put("iss", "https://other")));
    bad.put("no issuer", Tokens.rs256(keys, "", without("iss")));
    bad.put("wrong audience", Tokens.rs256(keys, "", Tokens.claims().put("aud", "bank")));
    bad.put("no end", Tokens.rs256(keys, "", without("exp")));
    bad.put("no name", Tokens.rs256(keys, "", without("sub")));
    bad.put("16 KiB", Tokens.rs256(keys, "", Tokens.claims().put("more", "x".repeat(16 << 10))));

    for (Map.Entry<String, String> token : bad.entrySet()) {
      assertThat(server.bearer(token.getValue())).as(token.getKey()).isEqualTo(UNKNOWN);
    }
    assertThat(server.call("authorization", "Basic YTpi")).isEqualTo(UNKNOWN);
    assertThat(server.call("authorization", "Bearer " + good, "authorization", "Bearer " + good))
        .isEqualTo(UNKNOWN);
    assertThat(server.handled).hasValue(0);
    assertThat(server.bearer(good)).contains("hello");
    assertThat(server.bearer(Tokens.rs256(keys, "", Tokens.claims().put("roles", "guest"))))
        .contains("permission_denied");
  }

  private static JsonObject without(String claim) {
    JsonObject claims = Tokens.claims();
    claims.remove(claim);
    return claims;
  }

  @Test
  void checksTokensBySecret() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), SECRET + "\n");
    server.start(policy("secretFile: " + secret));

    byte[] bytes = SECRET.getBytes(StandardCharsets.UTF_8);
    assertThat(server.bearer(Tokens.hs256(bytes, Tokens.claims()))).contains("hello jwt:ada");
    bytes[0]++;
    assertThat(server.bearer(Tokens.hs256(bytes, Tokens.claims()))).isEqualTo(UNKNOWN);
  }

  @Test
  void checksFewTokensOfEllipticCurvesAtATime() throws Exception {
    KeyPair curve = Tokens.ec();
    Path pem = Files.writeString(folder.resolve("key.pem"), Tokens.pem(curve));
    server.start(policy("files: [" + pem + "]"));
    assertThat(server.bearer(Tokens.es256(curve, Tokens.claims()))).contains("hello jwt:ada");
    String other = Tokens.es256(Tokens.ec(), Tokens.claims());
    assertThat(server.bearer(other)).isEqualTo(UNKNOWN);

    // The one worker, whoever shares it, has no time for them.
    CountDownLatch busy = new CountDownLatch(1);
    var unused = server
        .vertx
        .createSharedWorkerExecutor("grpc-token-check", 1)
        .executeBlocking(() -> busy.await(Patience.SECONDS, TimeUnit.SECONDS), false);
    try (RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RequestFields call =
          RequestFields.grpc("/Service/Process").and("authorization", "Bearer " + other);
      List<RawStream> streams = new ArrayList<>();
      for (int i = 0; i < 70; i++) {
        streams.add(peer.request(call, GrpcFrames.message(Request.getDefaultInstance())));
      }
      for (RawStream tooMuch : streams.subList(64, 70)) {
        RawResponse answer = tooMuch.response();
        assertThat(answer.grpcStatus()).hasValue(14);
        assertThat(answer.grpcMessage()).contains("cannot be checked at the moment");
      }
      assertThat(streams.get(0).soFar().grpcStatus()).isEmpty();
      busy.countDown();
      for (RawStream checked : streams.subList(0, 64)) {
        assertThat(checked.response().grpcStatus()).hasValue(16);
      }
    }
    assertThat(server.bearer(Tokens.es256(curve, Tokens.claims()))).contains("hello jwt:ada");
  }

  @Test
  void refusesASecretThatIsShort() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "short");

    assertThatThrownBy(() -> server.start(policy("secretFile: " + secret)))
        .hasMessageContaining("authenticate.jwt.keys.secretFile: " + secret
            + " with 5 bytes (expected: 32 bytes or more)");
  }

  @Test
  void followsTheKeysThatTheSignerPublishes() throws Exception {
    AtomicReference<JsonArray> published =
        new AtomicReference<>(new JsonArray().add(Tokens.jwk(keys, "one")));
    AtomicInteger asked = new AtomicInteger();
    HttpServer signer = GuardedServer.await(server
        .vertx
        .createHttpServer()
        .requestHandler(request -> {
          asked.incrementAndGet();
          request.response().end(new JsonObject().put("keys", published.get()).encode());
        })
        .listen(0, "127.0.0.1"));
    server.start(policy(
        "jwksUrl: http://127.0.0.1:" + signer.actualPort() + "/keys" + "\n      jwksRefresh: 1s"));
    String first = Tokens.rs256(keys, "one", Tokens.claims());

    assertThat(server.bearer(first)).contains("hello jwt:ada");
    assertThat(asked).hasValue(1);
    long begin = System.nanoTime();
    KeyPair other = Tokens.rsa();
    for (int i = 0; i < 50; i++) {
      assertThat(server.bearer(Tokens.rs256(other, "made-up-" + i, Tokens.claims())))
          .isEqualTo(UNKNOWN);
    }
    assertThat((long) asked.get())
        .as("nobody can make us ask again and again")
        .isLessThanOrEqualTo(2 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));

    KeyPair second = Tokens.rsa();
    published.set(new JsonArray().add(Tokens.jwk(second, "two")));
    // Nobody but who has a token of the key that is no longer published makes others be fetched.
    while (!server.bearer(first).equals(UNKNOWN)) {
      Thread.onSpinWait();
    }
    String next = Tokens.rs256(second, "two", Tokens.claims());
    while (!server.bearer(next).contains("hello")) {
      Thread.onSpinWait();
    }

    GuardedServer.await(signer.close());
    for (int i = 0; i < 20; i++) {
      assertThat(server.bearer(next)).contains("hello");
    }
  }

  @Test
  void saysThatNobodyCanTellWhileThereAreNoKeys() throws Exception {
    server.start(policy("jwksUrl: http://127.0.0.1:1/keys"));

    assertThat(server.bearer(Tokens.rs256(keys, "one", Tokens.claims())))
        .isEqualTo("{\"code\":\"unavailable\","
            + "\"message\":\"credentials cannot be checked at the moment\"}");
    assertThat(server.call()).isEqualTo(UNKNOWN);
  }
}
