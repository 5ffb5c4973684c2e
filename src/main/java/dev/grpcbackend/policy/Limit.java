package dev.grpcbackend.policy;

import com.google.rpc.QuotaFailure;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.options.Expect;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds methods to so many calls in a time, or at once, of each caller: {@code limit
 * helloworld.Greeter/* to 100 per second by caller}. Thread-safe: all event loops count together.
 */
final class Limit {

  private static final Pattern FORM =
      Pattern.compile("limit " + Rule.METHODS + " to ([1-9]\\d{0,8}) "
          + "(per second|per minute|per hour|at once) by (caller|address|all)");

  private static final Map<String, Long> TIMES = Map.of(
      "per second", TimeUnit.SECONDS.toNanos(1),
      "per minute", TimeUnit.MINUTES.toNanos(1),
      "per hour", TimeUnit.HOURS.toNanos(1));

  /** How long who has too many calls at once is told to wait: nobody knows when one ends. */
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String text;
  private final String methods;
  private final By by;
  private final @Nullable Rate rate;
  private final @Nullable InProgress inProgress;

  private enum By {
    CALLER,
    ADDRESS,
    ALL
  }

  private Limit(Matcher words, LongSupplier clock) {
    this.text = words.group();
    this.methods = words.group(1);
    this.by = By.valueOf(words.group(4).toUpperCase(Locale.ROOT));
    int count = Integer.parseInt(words.group(2));
    Long nanos = TIMES.get(words.group(3));
    this.rate = nanos == null ? null : new Rate(count, nanos, clock);
    this.inProgress = nanos == null ? new InProgress(count) : null;
  }

  /**
   * Reads a limit.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  static Limit of(String text, LongSupplier clock) {
    Matcher words = FORM.matcher(text);
    Expect.that(
        words.matches(),
        "limits",
        text,
        "limit METHODS to N per second|per minute|per hour|at once by caller|address|all, to N bytes"
            + " per message, or to a time such as 2.5s or 250ms per call; METHODS being *, service/*"
            + " or service/method");
    return new Limit(words, clock);
  }

  boolean isFor(Method<?, ?> method) {
    return Rule.matches(methods, method);
  }

  String methods() {
    return methods;
  }

  @Override
  public String toString() {
    return text;
  }

  /** Counts a call that is to begin, until it has ended; returns why it may not begin, or null. */
  @Nullable
  StatusException begin(ServerCall<?, ?> call) {
    Object key = key(call);
    if (rate != null) {
      long waitNanos = rate.take(key);
      return waitNanos == 0 ? null : refusal("too many calls", waitNanos);
    }
    InProgress counted = inProgress;
    if (counted == null || counted.begin(key)) {
      if (counted != null) {
        call.closed().onComplete(closed -> counted.end(key));
      }
      return null;
    }
    return refusal("too many calls at once", PAUSE_NANOS);
  }

  /** Who is not known is told from others by address. */
  private Object key(ServerCall<?, ?> call) {
    Principal caller = call.principal();
    if (by == By.ALL) {
      return By.ALL;
    }
    if (by == By.CALLER && !caller.isAnonymous()) {
      return caller.kind() + ":" + caller.name();
    }
    SocketAddress address = call.peer().remoteAddress();
    String host = address == null ? null : address.hostAddress();
    return host == null ? "" : host;
  }

  private StatusException refusal(String what, long waitNanos) {
    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(waitNanos + 999_999));
    QuotaFailure failure = QuotaFailure.newBuilder()
        .addViolations(QuotaFailure.Violation.newBuilder()
            .setSubject(by.name().toLowerCase(Locale.ROOT))
            .setDescription(text))
        .build();
    Status status = Status.RESOURCE_EXHAUSTED.withDescription(
        what + ", retry after " + Duration.ofMillis(millis).toMillis() + " ms");
    return Pushback.of(status, millis, failure);
  }
}
