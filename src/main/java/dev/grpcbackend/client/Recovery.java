package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a service config says about further attempts of a call; there is none where it says nothing.
 * Used on the call's context only.
 */
interface Recovery {

  /** A server's word on further attempts: milliseconds to wait, or not to try again (gRFC A6). */
  Metadata.Key<String> PUSHBACK = Metadata.Key.ascii("grpc-retry-pushback-ms");

  /** The first attempt was made. */
  void onBegin();

  /** A server has accepted an attempt. */
  void onSuccess();

  /** An attempt has failed; returns whether the call goes on, with another one or a later one. */
  boolean onFailure(Status status, Metadata trailers);

  /** There are to be no more attempts. */
  void stop();

  static @Nullable Recovery of(MethodConfig config, Attempts<?, ?> attempts, HttpCall<?, ?> call) {
    RetryPolicy retry = config.retry();
    if (retry != null) {
      return new Retries(retry, attempts, call);
    }
    HedgingPolicy hedging = config.hedging();
    return hedging == null ? null : new Hedges(hedging, attempts, call);
  }

  /** Returns the milliseconds that the server asks to wait, -1 for never, null if it asks nothing. */
  static @Nullable Long pushback(Metadata trailers) {
    String value = trailers.get(PUSHBACK);
    if (value == null) {
      return null;
    }
    try {
      return Math.max(-1, Long.parseLong(value));
    } catch (NumberFormatException unreadable) {
      // gRFC A6: a value that is no number is a request not to try again.
      return -1L;
    }
  }

  /** Runs a step on the call's context after some time; returns the timer. */
  static long after(Context context, long nanos, Runnable step) {
    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos));
    return context.owner().setTimer(millis, due -> CallContext.run(context, step));
  }
}
