package dev.grpcbackend.rpc;

import java.util.concurrent.atomic.AtomicLong;

/** The numbers by which channelz (gRFC A14) tells servers, channels and connections apart. */
public final class Numbers {

  private static final AtomicLong LAST = new AtomicLong();

  private Numbers() {}

  /** Returns a number that nothing else in the process has. Thread-safe. */
  public static long next() {
    return LAST.incrementAndGet();
  }
}
