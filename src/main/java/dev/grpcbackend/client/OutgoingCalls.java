package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Caller;
import dev.grpcbackend.rpc.CurrentCaller;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The calls in progress that were made while one call is served, cancelled when that is cut short.
 * Takes the place of the served call on its context, so that all channels find the same one. Used on
 * that context only.
 */
final class OutgoingCalls implements Caller {

  private final Caller served;
  private final Set<HttpCall<?, ?>> calls = new HashSet<>();
  private @Nullable Status end;

  private OutgoingCalls(Caller served) {
    this.served = served;
  }

  /** Returns those of the call that is served on {@code context}, null if there is none. */
  static @Nullable OutgoingCalls of(Context context) {
    Caller caller = CurrentCaller.of(context);
    if (caller == null || caller instanceof OutgoingCalls) {
      return (OutgoingCalls) caller;
    }
    OutgoingCalls made = new OutgoingCalls(caller);
    CurrentCaller.set(context, made);
    // One listener for all calls: a future would keep those of calls that are over.
    caller.cancelled().onSuccess(made::cancelAll);
    return made;
  }

  void add(HttpCall<?, ?> call) {
    if (end != null) {
      cancel(call, end);
    } else if (!call.isClosed()) {
      calls.add(call);
    }
  }

  void remove(HttpCall<?, ?> call) {
    calls.remove(call);
  }

  private void cancelAll(Status reason) {
    end = reason;
    List.copyOf(calls).forEach(call -> cancel(call, reason));
  }

  private static void cancel(HttpCall<?, ?> call, Status reason) {
    call.cancel("the call for which it was made was cut short: " + reason);
  }

  @Override
  public Metadata headers() {
    return served.headers();
  }

  @Override
  public Deadline deadline() {
    return served.deadline();
  }

  @Override
  public Future<Status> cancelled() {
    return served.cancelled();
  }
}
