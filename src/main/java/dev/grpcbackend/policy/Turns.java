package dev.grpcbackend.policy;

import io.vertx.core.Context;

/** The turns of one event loop: in each it reads what its sockets have received, then runs tasks. */
public interface Turns {

  /** Runs {@code task} in a turn of its own: the sockets have been read again before. */
  void next(Runnable task);

  /** Runs {@code task} after {@code millis}, at least 1. */
  void after(long millis, Runnable task);

  /** Runs {@code task} as one of {@code context}, now if that is of this loop. */
  void on(Context context, Runnable task);
}
