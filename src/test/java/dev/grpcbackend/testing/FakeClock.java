package dev.grpcbackend.testing;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A clock in nanoseconds that moves when the test says so. */
public final class FakeClock implements LongSupplier {

  private final AtomicLong nanos = new AtomicLong(1L << 40);

  public void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
  }

  @Override
  public long getAsLong() {
    return nanos.get();
  }
}
