package dev.grpcbackend.client;

import io.vertx.core.Closeable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.CloseFuture;
import io.vertx.core.internal.ContextInternal;

/**
 * Runs the steps of a call on its context. Touches Vert.x internals, because the public {@code
 * Context} cannot tell whether the current thread is its own.
 */
final class CallContext {

  private CallContext() {}

  /** Returns the caller's context if it runs on an event loop, else a new one that does. */
  static Context eventLoop(Vertx vertx) {
    ContextInternal caller = (ContextInternal) vertx.getOrCreateContext();
    return caller.isEventLoopContext() ? caller : caller.owner().createEventLoopContext();
  }

  /**
   * Returns a context on the event loop of another, with which nothing is closed: Vert.x remembers
   * the clients that were made on a context, closed ones too, until that comes to its end.
   */
  static Context apart(Context home) {
    ContextInternal inside = (ContextInternal) home;
    return inside
        .owner()
        .contextBuilder()
        .withEventLoop(inside.nettyEventLoop())
        .withCloseFuture(new CloseFuture())
        .build();
  }

  /** Closes {@code closeable} with the verticle, or else the Vert.x instance, of a context. */
  static void closeWith(Context context, Closeable closeable) {
    ((ContextInternal) context).addCloseHook(closeable);
  }

  /** Takes back {@link #closeWith}. */
  static void forget(Context context, Closeable closeable) {
    ((ContextInternal) context).removeCloseHook(closeable);
  }

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
