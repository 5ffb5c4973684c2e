package dev.grpcbackend.client;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;

/**
 * Runs the steps of a call on its context. The only class of this package that touches Vert.x
 * internals: the public {@code Context} cannot tell whether the current thread is its own.
 */
final class CallContext {

  private CallContext() {}

  /** Whether the current thread is the one that runs {@code context}. */
  static boolean isCurrent(Context context) {
    return ((ContextInternal) context).inThread();
  }

  /** Runs {@code step} now if the thread is right, else in its turn; keeps the order of a caller. */
  static void run(Context context, Runnable step) {
    if (isCurrent(context)) {
      step.run();
    } else {
      context.runOnContext(turn -> step.run());
    }
  }
}
