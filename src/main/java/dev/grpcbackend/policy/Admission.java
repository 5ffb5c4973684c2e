package dev.grpcbackend.policy;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.RunningMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides when calls start, so that an overloaded server goes on to serve as many as it can.
 *
 * <p>Two things run out. <b>The event loop:</b> handlers that compute have it to themselves, so calls
 * would queue in the sockets, where nobody sees how long. Therefore they run for {@value
 * #BUDGET_MILLIS} ms of a turn, then the sockets are read before the next may run; what has been read
 * meanwhile waits here. <b>What is behind the handlers:</b> asynchronous and blocking ones wait for
 * it, the more the longer, so calls in progress can be limited, by a number or by their latency.
 *
 * <p>Calls that wait are served or refused as {@link Lane} says, with UNAVAILABLE and the time after
 * which to retry; a call whose caller has gone or whose deadline has passed never starts. Calls of a
 * server that is not overloaded start at once and pay for one look at the clock.
 *
 * <p>For one event loop: a server of many instances has one of these for each, and they share
 * nothing. Limits are therefore those of an instance. Everything runs on that loop, except that the
 * counts may be read from anywhere.
 */
public final class Admission implements ServerInterceptor {

  private static final long BUDGET_MILLIS = 2;
  private static final long BUDGET_NANOS = TimeUnit.MILLISECONDS.toNanos(BUDGET_MILLIS);

  private final AdmissionOptions options;
  private final Turns turns;
  private final RunningMethod running;
  private final LongSupplier ticker;
  private final Refusals refusals;
  private final List<Lane> lanes = new ArrayList<>();
  private final Lane common;
  private final Runnable turn = this::turn;
  private final Runnable alarm = this::alarm;
  private @Nullable Lane blocking;
  private int nextLane;

  /** When the handlers of this turn began, or of one before it if {@link #turnAsked} is false. */
  private long turnSince;

  private boolean turnAsked;
  private boolean alarmSet;
  private volatile long refused;

  /**
   * Creates the admission of one event loop.
   *
   * @param running is told whose handler starts
   */
  public Admission(AdmissionOptions options, Turns turns, RunningMethod running) {
    this(options, turns, running, System::nanoTime);
  }

  Admission(AdmissionOptions options, Turns turns, RunningMethod running, LongSupplier ticker) {
    this.options = options;
    this.turns = turns;
    this.running = running;
    this.ticker = ticker;
    this.turnSince = ticker.getAsLong() - BUDGET_NANOS;
    this.refusals = new Refusals(options.maxWait());
    this.common = lane(options.limit().calls(), options.limit().adaptive());
  }

  /** Returns how many calls have been refused since the start. */
  public long refused() {
    return refused;
  }

  /** Returns how many calls wait. */
  public int waiting() {
    int sum = 0;
    for (Lane lane : lanes) {
      sum += lane.waiting();
    }
    return sum;
  }

  /** Returns how long the call has waited that waits longest, in nanoseconds; 0 if none waits. */
  public long oldestWaitNanos() {
    long now = now();
    long since = now;
    for (Lane lane : lanes) {
      since = Math.min(since - now, lane.oldestSince(now) - now) + now;
    }
    return now - since;
  }

  @Override
  public <Req, Resp> Future<Void> intercept(
      ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
    return common.intercept(call, next);
  }

  @Override
  public ServerInterceptor forMethod(BoundMethod<?, ?> bound) {
    Method<?, ?> method = bound.method();
    if (method.longLived()
        || options.exempt().contains(method.service())
        || options.exempt().contains(method.fullName())) {
      return NONE;
    }
    if (bound.needsWorker() && options.limit().blockingCalls() > 0) {
      Lane shared = blocking;
      if (shared == null) {
        shared = lane(options.limit().blockingCalls(), false);
        blocking = shared;
      }
      return shared;
    }
    AdmissionOptions.Limit limit = options.limit();
    return limit.perMethod() ? lane(limit.calls(), limit.adaptive()) : common;
  }

  private Lane lane(int limit, boolean adaptive) {
    Lane lane = new Lane(this, options, limit, adaptive);
    lanes.add(lane);
    return lane;
  }

  // For the lanes.

  long now() {
    return ticker.getAsLong();
  }

  /** Whether a handler may have the event loop in this turn. */
  boolean mayStart() {
    long now = now();
    if (now - turnSince < BUDGET_NANOS) {
      return true;
    }
    if (turnAsked) {
      return false;
    }
    // Nothing says that a turn has ended but that what was asked for the next one runs.
    turnSince = now;
    askForTurn();
    return true;
  }

  /** Says that calls wait. */
  void wake() {
    if (!turnAsked) {
      askForTurn();
    }
  }

  int priority(ServerCall<?, ?> call) {
    return options.priorityHeader() ? Urgency.of(call.headers()) : WaitingCalls.USUAL;
  }

  void start(WaitingCall<?, ?> call) {
    turns.on(call.call().context(), () -> {
      Method<?, ?> before = running.enter(call.call().method());
      call.start();
      running.enter(before);
    });
  }

  void refuse(WaitingCall<?, ?> call) {
    StatusException refusal = refusals.next();
    if (!call.isGone()) {
      count();
    }
    turns.on(call.call().context(), () -> call.refuse(refusal));
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the event loop writes
  private void count() {
    refused++;
  }

  private void askForTurn() {
    turnAsked = true;
    turns.next(turn);
  }

  private void turn() {
    turnAsked = false;
    long now = now();
    turnSince = now;
    boolean started = true;
    while (started && now - turnSince < BUDGET_NANOS) {
      started = startNext(now);
      now = now();
    }
    if (waiting() == 0) {
      return;
    }
    if (started) {
      askForTurn();
    } else if (!alarmSet) {
      // Their lanes are full. Should no call end, they are refused in time nevertheless.
      alarmSet = true;
      turns.after(Math.max(1, options.maxWait().toMillis() / 10), alarm);
    }
  }

  /** Starts one call of the next lane that has one; false if none has. */
  private boolean startNext(long now) {
    for (int i = 0; i < lanes.size(); i++) {
      nextLane = (nextLane + 1) % lanes.size();
      if (lanes.get(nextLane).startNext(now)) {
        return true;
      }
    }
    return false;
  }

  private void alarm() {
    alarmSet = false;
    wake();
  }
}
