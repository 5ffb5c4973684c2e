package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.RestReply;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** What the greeters of all servers answer. */
final class Greetings {

  private static final long COMPUTE_NANOS = 2_000_000;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Greetings() {}

  static HelloReply reply(String name) {
    return HelloReply.newBuilder().setMessage("Hello " + name).build();
  }

  /** Answers after {@value #COMPUTE_NANOS} ns of CPU time, whatever else runs on the core. */
  static HelloReply replySlowly(String name) {
    long end = THREADS.getCurrentThreadCpuTime() + COMPUTE_NANOS;
    long sum = name.hashCode();
    do {
      for (int i = 0; i < 5_000; i++) {
        sum = sum * 31 + i;
      }
    } while (THREADS.getCurrentThreadCpuTime() < end);
    // The sum is used, or the compiler would leave it out.
    return reply(sum == 0 ? "nobody" : name);
  }

  static RestReply rest(String name) {
    return RestReply.newBuilder().setMessage("Hello " + name).build();
  }
}
