package dev.grpcbackend.rpc;

import io.vertx.core.Future;

/** A call that is being served, as the calls see it that are made on its behalf. */
public interface Caller {

  /** Returns what the caller sent before its messages; must not be changed. */
  Metadata headers();

  /** Returns when the call has to be over, {@link Deadline#NEVER} for no time. */
  Deadline deadline();

  /** Completes with the reason when the call is cut short; never if it ends through its handler. */
  Future<Status> cancelled();
}
