package dev.grpcbackend.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls a server without a pause and prints what a call costs: {@code ClientMain KIND PORT WARMUP
 * SECONDS}. Prints {@code CALLS CPU_NANOS}.
 *
 * <p>Each client has one event loop, on which calls begin and end.
 */
public final class ClientMain {

  /** Calls on their way at a time: fewer than the server allows on one connection. */
  static final int IN_FLIGHT = 64;

  private ClientMain() {}

  /** Calls the server on {@code PORT} for as long as the arguments say. */
  public static void main(String[] args) throws InterruptedException {
    AtomicLong calls = new AtomicLong();
    int port = Integer.parseInt(args[1]);
    switch (args[0]) {
      case "ours" -> OursClient.start(port, calls);
      case "vertx" -> VertxClient.start(port, calls);
      case "grpc-java" -> GrpcJavaClient.start(port, calls);
      default ->
        throw new IllegalArgumentException(
            "client: " + args[0] + " (expected: ours, vertx or grpc-java)");
    }
    TimeUnit.SECONDS.sleep(Long.parseLong(args[2]));
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = calls.get();
    long cpu = process.getProcessCpuTime();
    TimeUnit.SECONDS.sleep(Long.parseLong(args[3]));
    long made = calls.get() - before;
    System.out.println(made + " " + (process.getProcessCpuTime() - cpu));
    System.exit(0);
  }

  /** Ends the process: a benchmark with failures measures nothing. */
  static void failed(Throwable failure) {
    failure.printStackTrace();
    Runtime.getRuntime().halt(1);
  }
}
