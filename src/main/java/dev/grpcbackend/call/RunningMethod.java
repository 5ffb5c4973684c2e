package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Method;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The method whose handler has the event loop of a server at this moment. Written by the loop, read
 * by the thread that watches it; a reader sees what was written a moment ago, which costs the loop no
 * more than a plain field. What a handler does later, when a future of its own completes, is not
 * seen.
 */
public final class RunningMethod {

  private static final VarHandle METHOD;

  static {
    try {
      METHOD = MethodHandles.lookup().findVarHandle(RunningMethod.class, "method", Method.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private @Nullable Method<?, ?> method;

  /** Says that code of {@code next} runs from now on; returns whose code ran until now. */
  public @Nullable Method<?, ?> enter(@Nullable Method<?, ?> next) {
    Method<?, ?> previous = method;
    METHOD.setOpaque(this, next);
    return previous;
  }

  /** Returns the method whose code runs, null for none; from any thread. */
  public @Nullable Method<?, ?> get() {
    return (Method<?, ?>) METHOD.getOpaque(this);
  }
}
