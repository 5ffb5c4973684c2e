package dev.grpcbackend.policy;

import io.vertx.core.Context;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** An event loop whose clock and turns the test moves. */
final class Loop implements Turns {

  private record Alarm(long atNanos, Runnable task) {}

  private final ArrayDeque<Runnable> next = new ArrayDeque<>();
  private final List<Alarm> alarms = new ArrayList<>();
  private long nanos = 1_000;

  long nanos() {
    return nanos;
  }

  /** Lets time pass, and runs the timers that it reaches. */
  void advance(Duration time) {
    nanos += time.toNanos();
    List<Alarm> due = alarms.stream().filter(alarm -> alarm.atNanos() <= nanos).toList();
    alarms.removeAll(due);
    due.forEach(alarm -> alarm.task().run());
  }

  /** Runs what was asked for the next turn; returns whether anything was. */
  boolean turn() {
    Runnable task = next.poll();
    if (task == null) {
      return false;
    }
    task.run();
    return true;
  }

  @Override
  public void next(Runnable task) {
    next.add(task);
  }

  @Override
  public void after(long millis, Runnable task) {
    alarms.add(new Alarm(nanos + millis * 1_000_000, task));
  }

  @Override
  public void on(Context context, Runnable task) {
    task.run();
  }
}
