package dev.grpcbackend.policy;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Knows callers by a JSON Web Token (RFC 7519) in {@code authorization} (RFC 6750, section 2.1).
 * What a token says is kept until it ends or the keys change, so that its signature is checked once.
 * Where that takes long, a worker does it, for a few tokens at a time.
 */
final class BearerTokens implements Authenticator {

  private static final int MAX_TOKEN_CHARS = 8 * 1024;

  /** Only tokens whose signature is right get here: nobody can push others out with made-up ones. */
  private static final int MAX_KNOWN = 10_000;

  /** Anybody can make up tokens to be checked: a full queue is some 64 ms of one worker. */
  private static final int MAX_WITH_WORKER = 64;

  private static final Status TOO_MANY =
      Status.UNAVAILABLE.withDescription("more than " + MAX_WITH_WORKER + " tokens to be checked");

  private static final String SCHEME = "Bearer ";
  private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.ascii("authorization");

  private final Vertx vertx;
  private final TokenKeys keys;
  private final String rolesClaim;
  private final Map<String, Known> known = new ConcurrentHashMap<>();
  private final AtomicInteger withWorker = new AtomicInteger();
  private @Nullable WorkerExecutor worker;

  private record Known(JWTAuth checkedBy, long endsAtMillis, Future<Principal> principal) {}

  BearerTokens(Vertx vertx, TokenKeys keys, String rolesClaim) {
    this.vertx = vertx;
    this.keys = keys;
    this.rolesClaim = rolesClaim;
  }

  @Override
  public Future<Principal> authenticate(Metadata headers, Peer peer) {
    List<String> sent = headers.getAll(AUTHORIZATION);
    if (sent.isEmpty()) {
      return NO_CREDENTIALS;
    }
    if (sent.size() > 1) {
      return Future.failedFuture("more than one authorization header");
    }
    String value = sent.get(0);
    if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Future.failedFuture("authorization is no bearer token");
    }
    String token = value.substring(SCHEME.length()).strip();
    if (token.length() > MAX_TOKEN_CHARS) {
      return Future.failedFuture("token of more than " + MAX_TOKEN_CHARS + " characters");
    }
    Known seen = known.get(token);
    if (seen != null) {
      if (seen.checkedBy == keys.current() && System.currentTimeMillis() < seen.endsAtMillis) {
        return seen.principal;
      }
      known.remove(token);
    }
    return keys.forToken(token).compose(checker -> check(token, checker));
  }

  synchronized void close() {
    keys.close();
    if (worker != null) {
      worker.close();
    }
  }

  /** Most policies never need it. */
  private synchronized WorkerExecutor worker() {
    if (worker == null) {
      worker = vertx.createSharedWorkerExecutor("grpc-token-check", 1);
    }
    return worker;
  }

  private Future<Principal> check(String token, TokenKeys.Checker checker) {
    if (!checker.slow()) {
      return check(token, checker.auth());
    }
    if (withWorker.incrementAndGet() > MAX_WITH_WORKER) {
      withWorker.decrementAndGet();
      return Future.failedFuture(TOO_MANY.asException());
    }
    return worker()
        .executeBlocking(() -> check(token, checker.auth()), false)
        .onComplete(checked -> withWorker.decrementAndGet())
        .compose(principal -> principal);
  }

  private Future<Principal> check(String token, JWTAuth checker) {
    return checker.authenticate(new TokenCredentials(token)).compose(user -> {
      JsonObject claims = user.attributes().getJsonObject("accessToken");
      if (claims == null
          || !(claims.getValue("sub") instanceof String name && !name.isBlank())
          || !(claims.getValue("exp") instanceof Number end)) {
        return Future.failedFuture("token without sub or exp");
      }
      Map<String, Object> others = new HashMap<>(claims.getMap());
      others.values().removeIf(missing -> missing == null);
      Future<Principal> principal =
          Future.succeededFuture(new Principal(name, "jwt", roles(claims), others));
      if (known.size() >= MAX_KNOWN) {
        known.clear();
      }
      known.put(token, new Known(checker, TimeUnit.SECONDS.toMillis(end.longValue()), principal));
      return principal;
    });
  }

  /** A claim may lie within others: {@code realm_access.roles}. */
  private Set<String> roles(JsonObject claims) {
    Object roles = claims.getValue(rolesClaim);
    JsonObject at = claims;
    String path = rolesClaim;
    for (int dot = path.indexOf('.'); roles == null && dot > 0; dot = path.indexOf('.')) {
      JsonObject next = at == null ? null : object(at, path.substring(0, dot));
      path = path.substring(dot + 1);
      at = next;
      roles = at == null ? null : at.getValue(path);
    }
    if (roles instanceof String text) {
      return Set.copyOf(List.of(text.strip().split("\\s+")));
    }
    if (roles instanceof Iterable<?> list) {
      Set<String> names = new HashSet<>();
      list.forEach(role -> names.add(String.valueOf(role)));
      return names;
    }
    return Set.of();
  }

  private static @Nullable JsonObject object(JsonObject from, String key) {
    return from.getValue(key) instanceof JsonObject nested ? nested : null;
  }
}
