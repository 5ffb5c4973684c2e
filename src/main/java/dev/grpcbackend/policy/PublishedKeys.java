package dev.grpcbackend.policy;

import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that a signer of tokens publishes (RFC 7517). They are fetched when the first token comes,
 * when they have become old, and when a token has a key that is not among them; not more than once in
 * {@value #PAUSE_SECONDS} seconds, whatever callers send. As long as they cannot be fetched those that
 * were go on. Thread-safe; fetches on the context on which it was asked.
 */
final class PublishedKeys {

  private static final Logger LOG = LoggerFactory.getLogger(PublishedKeys.class);

  private static final int PAUSE_SECONDS = 10;

  private static final long TIMEOUT_MILLIS = 5_000;
  private static final int MAX_BYTES = 256 * 1024;
  private static final int MAX_KEYS = 100;

  private final Vertx vertx;
  private final AuthenticateOptions.Jwt options;
  private @Nullable HttpClientAgent client;
  private volatile Keys keys = Keys.NONE;
  private @Nullable Future<Keys> fetch;
  private volatile long fetchedAt;
  private volatile boolean everFetched;
  private boolean failed;

  /** Keys of one moment; the same as long as the signer publishes the same. */
  record Keys(List<JsonObject> keys, Set<String> ids) {
    static final Keys NONE = new Keys(List.of(), Set.of());
  }

  PublishedKeys(Vertx vertx, AuthenticateOptions.Jwt options) {
    this.vertx = vertx;
    this.options = options;
  }

  /**
   * Returns the keys, with the one of that name if there is one; fails with UNAVAILABLE if there are
   * none yet.
   *
   * @param id the name of a key, or null if any will do
   * @param others whether there are keys beside the published ones
   */
  synchronized Future<Keys> with(@Nullable String id, boolean others) {
    boolean here = !keys.keys.isEmpty() && (id == null || keys.ids.contains(id));
    long pause = Math.min(
        TimeUnit.SECONDS.toNanos(PAUSE_SECONDS), options.keys().jwksRefresh().toNanos());
    if (isOlderThan(here ? options.keys().jwksRefresh().toNanos() : pause)) {
      begin();
    }
    if (here || fetch == null) {
      return answer(others);
    }
    return fetch.transform(done -> answer(others));
  }

  /** Returns the keys at hand; if they are old, others are fetched meanwhile. */
  Keys latest() {
    if (isOlderThan(options.keys().jwksRefresh().toNanos())) {
      begin();
    }
    return keys;
  }

  private boolean isOlderThan(long nanos) {
    return !everFetched || System.nanoTime() - fetchedAt > nanos;
  }

  private synchronized void begin() {
    if (fetch == null) {
      fetchedAt = System.nanoTime();
      everFetched = true;
      Future<Keys> begun = get().transform(this::fetched);
      fetch = begun.isComplete() ? null : begun;
    }
  }

  private synchronized Future<Keys> answer(boolean others) {
    return keys.keys.isEmpty() && !others
        ? Future.failedFuture(Status.UNAVAILABLE
            .withDescription("the keys of " + options.keys().jwksUrl() + " cannot be had")
            .asException())
        : Future.succeededFuture(keys);
  }

  private synchronized Future<Keys> fetched(
      @Nullable JsonObject found, @Nullable Throwable failure) {
    fetch = null;
    if (failure != null || found == null) {
      if (!failed) {
        failed = true;
        LOG.warn(
            "{}: {}: {}; {}",
            AuthenticateOptions.KeySources.JWKS_URL,
            options.keys().jwksUrl(),
            failure == null ? "no answer" : failure.getMessage(),
            keys.keys.isEmpty() ? "tokens cannot be checked" : "the keys in force stay");
      }
      return Future.succeededFuture(keys);
    }
    failed = false;
    Keys now = usable(found);
    if (!now.equals(keys)) {
      LOG.info(
          "{}: {}: keys in force: {}",
          AuthenticateOptions.KeySources.JWKS_URL,
          options.keys().jwksUrl(),
          now.ids());
      keys = now;
    }
    return Future.succeededFuture(keys);
  }

  private Future<JsonObject> get() {
    HttpClientAgent asking = client;
    if (asking == null) {
      asking = vertx.createHttpClient(new HttpClientOptions().setKeepAlive(false));
      client = asking;
    }
    RequestOptions request = new RequestOptions()
        .setMethod(HttpMethod.GET)
        .setAbsoluteURI(options.keys().jwksUrl())
        .setTimeout(TIMEOUT_MILLIS);
    return asking
        .request(request)
        .compose(ready -> ready.send())
        .compose(PublishedKeys::body)
        .map(JsonObject::new);
  }

  private static Future<Buffer> body(HttpClientResponse response) {
    if (response.statusCode() != 200) {
      return Future.failedFuture("HTTP " + response.statusCode());
    }
    Buffer all = Buffer.buffer();
    response.handler(part -> {
      if (all.length() + part.length() > MAX_BYTES) {
        response.request().reset();
      } else {
        all.appendBuffer(part);
      }
    });
    return response.end().map(all);
  }

  /** Returns the keys for signatures; secrets are not published, and nobody may make us take one. */
  private Keys usable(JsonObject found) {
    List<JsonObject> usable = new ArrayList<>();
    Set<String> ids = new LinkedHashSet<>();
    JsonArray all = found.getJsonArray("keys", new JsonArray());
    for (int i = 0; i < Math.min(all.size(), MAX_KEYS); i++) {
      if (!(all.getValue(i) instanceof JsonObject key) || !isForSignatures(key)) {
        continue;
      }
      try {
        JWTAuth.create(vertx, new JWTAuthOptions().addJwk(key));
      } catch (RuntimeException unknownKind) {
        LOG.debug("key {} is left out", i, unknownKind);
        continue;
      }
      usable.add(key);
      String id = TokenKeys.text(key, "kid");
      if (id != null) {
        ids.add(id);
      }
    }
    return new Keys(usable, ids);
  }

  private boolean isForSignatures(JsonObject key) {
    String kind = TokenKeys.text(key, "kty");
    String use = TokenKeys.text(key, "use");
    String algorithm = TokenKeys.text(key, "alg");
    return kind != null
        && Set.of("RSA", "EC", "OKP").contains(kind)
        && (use == null || use.equals("sig"))
        && (algorithm == null || options.algorithms().contains(algorithm));
  }

  synchronized void close() {
    if (client != null) {
      client.close();
    }
  }
}
