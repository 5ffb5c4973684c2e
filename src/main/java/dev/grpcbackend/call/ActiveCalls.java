package dev.grpcbackend.call;

import dev.grpcbackend.rpc.CurrentCaller;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The calls that one server has in progress: their number, their deadlines, and the way to end them
 * all.
 *
 * <p>Thread-safe by its own monitor: a server may be handed to several event loops. Where it serves
 * one, which is the ordinary case, the monitor is never contended.
 */
public final class ActiveCalls {

  private final DeadlineWheel wheel;
  private final RunningMethod running = new RunningMethod();
  private volatile ExceptionMapper exceptions = ExceptionMapper.NONE;
  private volatile CallObserver observer = CallObserver.NONE;
  private @Nullable ActiveCall<?, ?> first;
  private int count;
  private boolean ticking;
  private @Nullable Promise<Void> idle;

  public ActiveCalls() {
    this(new DeadlineWheel(System::nanoTime));
  }

  ActiveCalls(DeadlineWheel wheel) {
    this.wheel = wheel;
  }

  /** Sets what knows the exceptions of the handlers. */
  public void exceptions(ExceptionMapper mapper) {
    exceptions = mapper;
  }

  /** Sets what sees the calls of methods that are not registered. */
  public void observer(CallObserver observer) {
    this.observer = observer;
  }

  public CallObserver observer() {
    return observer;
  }

  ExceptionMapper exceptions() {
    return exceptions;
  }

  /** Returns how many calls are in progress, long-lived ones left out. */
  public synchronized int count() {
    return count;
  }

  /** Returns the method whose handler has the event loop; meaningful where there is one loop. */
  public RunningMethod running() {
    return running;
  }

  /**
   * Completes when no call is in progress, at once if that is so now. Calls of long-lived methods do
   * not count: they would never end by themselves.
   */
  public synchronized Future<Void> idle() {
    if (count == 0) {
      return Future.succeededFuture();
    }
    if (idle == null) {
      idle = Promise.promise();
    }
    return idle.future();
  }

  /**
   * Ends every call that is in progress with {@code status}, and returns how many those were,
   * long-lived ones left out.
   */
  public int failAll(Status status) {
    List<ActiveCall<?, ?>> calls = new ArrayList<>();
    synchronized (this) {
      for (ActiveCall<?, ?> call = first; call != null; call = call.registryNext) {
        calls.add(call);
      }
    }
    calls.forEach(call -> call.failOnContext(status));
    return (int) calls.stream().filter(call -> !call.method().longLived()).count();
  }

  synchronized void add(ActiveCall<?, ?> call) {
    CurrentCaller.set(call.context(), call);
    call.registryNext = first;
    if (first != null) {
      first.registryPrevious = call;
    }
    first = call;
    if (!call.method().longLived()) {
      count++;
    }
    wheel.add(call);
    if (!ticking && wheel.size() > 0) {
      ticking = true;
      scheduleTick(call.context().owner());
    }
  }

  void remove(ActiveCall<?, ?> call) {
    if (!call.isCancelled()) {
      // What its handler left running, such as a timer, does not run for the caller any more.
      CurrentCaller.clear(call.context());
    }
    Promise<Void> nowIdle = null;
    synchronized (this) {
      ActiveCall<?, ?> previous = call.registryPrevious;
      ActiveCall<?, ?> next = call.registryNext;
      if (previous != null) {
        previous.registryNext = next;
      } else {
        first = next;
      }
      if (next != null) {
        next.registryPrevious = previous;
      }
      call.registryPrevious = null;
      call.registryNext = null;
      wheel.remove(call);
      if (!call.method().longLived() && --count == 0) {
        nowIdle = idle;
        idle = null;
      }
    }
    if (nowIdle != null) {
      nowIdle.complete();
    }
  }

  private void scheduleTick(Vertx vertx) {
    vertx.setTimer(TimeUnit.NANOSECONDS.toMillis(DeadlineWheel.TICK_NANOS), timer -> tick(vertx));
  }

  private void tick(Vertx vertx) {
    expire();
    synchronized (this) {
      ticking = wheel.size() > 0;
      if (ticking) {
        scheduleTick(vertx);
      }
    }
  }

  /** Ends the calls whose deadline has passed. */
  void expire() {
    List<ActiveCall<?, ?>> expired = new ArrayList<>();
    synchronized (this) {
      wheel.advance(expired);
    }
    for (ActiveCall<?, ?> call : expired) {
      call.failOnContext(
          Status.DEADLINE_EXCEEDED.withDescription("the deadline of the call has passed"));
    }
  }
}
