package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends a token with every call, {@code authorization: Bearer TOKEN} (RFC 6750, section 2.1). Without
 * TLS everybody on the way can read it.
 */
public final class BearerToken implements ClientInterceptor {

  private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.ascii("authorization");

  private final Supplier<Future<String>> tokens;

  private BearerToken(Supplier<Future<String>> tokens) {
    this.tokens = tokens;
  }

  /**
   * Returns tokens of a supplier, which is asked for each call and may be by several threads at a
   * time. Where it fails, the call fails with UNAUTHENTICATED.
   */
  public static BearerToken of(Supplier<Future<String>> tokens) {
    return new BearerToken(tokens);
  }

  /**
   * Returns the token of a file, which is read again when {@code maxAge} has passed, so that a
   * token that is replaced there, as those of Kubernetes are, is noticed. While it cannot be read,
   * calls fail with UNAUTHENTICATED.
   */
  public static BearerToken ofFile(Vertx vertx, Path file, Duration maxAge) {
    return new BearerToken(new TokenFile(vertx, file, maxAge));
  }

  @Override
  public <Req, Resp> Future<Metadata> intercept(ClientCall<Req, Resp> call, Next next) {
    return tokens
        .get()
        .recover(failure -> Future.failedFuture(Status.UNAUTHENTICATED
            .withDescription("no bearer token: " + failure.getMessage())
            .asException()))
        .compose(token -> {
          call.requestHeaders().set(AUTHORIZATION, "Bearer " + token);
          return next.start();
        });
  }

  /** A file that is read now and then. Shared by all threads that call, hence the reference. */
  private static final class TokenFile implements Supplier<Future<String>> {

    private final Vertx vertx;
    private final String file;
    private final long maxAgeNanos;
    private final AtomicReference<@Nullable Reading> last = new AtomicReference<>();

    private record Reading(long at, Future<String> token) {}

    TokenFile(Vertx vertx, Path file, Duration maxAge) {
      this.vertx = vertx;
      this.file = file.toString();
      this.maxAgeNanos = maxAge.toNanos();
    }

    @Override
    public Future<String> get() {
      Reading known = last.get();
      long now = System.nanoTime();
      if (known != null && now - known.at < maxAgeNanos && !known.token.failed()) {
        return known.token;
      }
      Reading next = new Reading(
          now, vertx.fileSystem().readFile(file).map(Buffer::toString).map(String::strip));
      last.compareAndSet(known, next);
      return next.token;
    }
  }
}
