package dev.grpcbackend.rpc;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxBootstrap;
import io.vertx.core.spi.VertxServiceProvider;
import io.vertx.core.spi.context.storage.ContextLocal;
import org.jspecify.annotations.Nullable;

/**
 * Says which call is being served on a Vert.x context. What serves calls sets it and what makes calls
 * reads it, so that neither has to know the other.
 *
 * <p>A provider of Vert.x, because the places of a context are counted when a Vert.x instance is
 * made; {@code META-INF/services} names it.
 */
public final class CurrentCaller implements VertxServiceProvider {

  private static final ContextLocal<Caller> LOCAL = ContextLocal.registerLocal(Caller.class);

  /** The place in contexts is taken when the class is loaded. */
  @Override
  public void init(VertxBootstrap bootstrap) {}

  /** Returns the call that is served on {@code context}, null if none is or it ended by itself. */
  public static @Nullable Caller of(Context context) {
    return LOCAL.get(context);
  }

  /** Says that {@code context} serves {@code caller} from now on. */
  public static void set(Context context, Caller caller) {
    LOCAL.put(context, caller);
  }

  /**
   * Runs code on a thread that is not of Vert.x as if Vert.x had it run for {@code context}, so that the
   * calls that it makes are found to be made on behalf of what is served there.
   */
  public static void runOn(Context context, Runnable code) {
    ContextInternal inside = (ContextInternal) context;
    ContextInternal before = inside.beginDispatch();
    try {
      code.run();
    } finally {
      inside.endDispatch(before);
    }
  }

  /** Says that {@code context} serves no call any more. */
  public static void clear(Context context) {
    LOCAL.remove(context);
  }
}
