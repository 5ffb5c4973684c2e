package dev.grpcbackend.cli;

import dev.grpcbackend.rpc.StatusException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Makes a call again and again, and sums up how it went. */
final class Repetition {

  private final int times;
  private final long everyNanos;
  private final PrintWriter out;
  private final Map<String, Integer> codes = new TreeMap<>();
  private final Map<String, Integer> servers = new TreeMap<>();
  private int exitCode = ExitCode.OK;

  /**
   * Prepares.
   *
   * @param every seconds from the start of a call to that of the next, unless it takes longer; zero
   *     for no pause
   */
  Repetition(int times, BigDecimal every, PrintWriter out) {
    if (times < 1) {
      throw new CommandFailure("--repeat: " + times + " (expected: >= 1)");
    }
    this.times = times;
    this.everyNanos = every.movePointRight(9).longValue();
    this.out = out;
  }

  /**
   * Makes the calls.
   *
   * @param call returns the server that has answered, or fails with the status of the call
   * @return the exit code of the last call that failed, OK if none did
   */
  int run(Supplier<String> call) {
    long[] nanos = new long[times];
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      pauseUntil(start + i * everyNanos);
      long begin = System.nanoTime();
      try {
        count("OK", call.get());
      } catch (StatusException failure) {
        exitCode = ExitCode.RPC_BASE + failure.code().code;
        out.println("ERROR: " + failure.status());
        out.flush();
        count(failure.code().name(), failure.server());
      }
      nanos[i] = System.nanoTime() - begin;
    }
    Arrays.sort(nanos);
    out.println();
    out.println(times + " calls: " + list(codes));
    out.println(String.format(
        Locale.ROOT,
        "milliseconds: p50 %.1f, p99 %.1f, max %.1f",
        millis(nanos, 0.5),
        millis(nanos, 0.99),
        millis(nanos, 1)));
    out.println("servers: " + (servers.isEmpty() ? "none" : list(servers)));
    out.flush();
    return exitCode;
  }

  private void count(String code, String server) {
    codes.merge(code, 1, Integer::sum);
    if (!server.isEmpty()) {
      servers.merge(server, 1, Integer::sum);
    }
  }

  private static void pauseUntil(long nanoTime) {
    for (long left = nanoTime - System.nanoTime();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static String list(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }

  private static double millis(long[] sorted, double share) {
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return sorted[Math.max(0, index)] / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }
}
