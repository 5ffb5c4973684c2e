package dev.grpcbackend.server;

import dev.grpcbackend.policy.Turns;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;

/** The turns of the event loop of a context. */
final class EventLoopTurns implements Turns {

  private final ContextInternal context;

  EventLoopTurns(Context context) {
    this.context = (ContextInternal) context;
  }

  /**
   * Netty runs tasks that were submitted until there are none, those that tasks submit too, but those
   * whose time has come only once in a turn; so what has a delay of 0 comes after the sockets.
   */
  @Override
  public void next(Runnable task) {
    var unused =
        context.nettyEventLoop().schedule(() -> on(context, task), 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public void after(long millis, Runnable task) {
    context.setTimer(millis, timer -> task.run());
  }

  @Override
  public void on(Context context, Runnable task) {
    ((ContextInternal) context).emit(nothing -> task.run());
  }
}
