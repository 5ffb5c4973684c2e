package dev.grpcbackend.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;

/** What the process uses: the JVM, its garbage collector, threads, files, and Netty's buffers. */
public final class ProcessMetrics implements MeterBinder, AutoCloseable {

  private final JvmGcMetrics collector = new JvmGcMetrics();

  /** Creates metrics that nobody is shown yet. */
  public ProcessMetrics() {}

  @Override
  public void bindTo(MeterRegistry registry) {
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collector.bindTo(registry);
    // Vert.x gives sockets the allocator that Netty itself takes.
    if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider measured) {
      new NettyAllocatorMetrics(measured).bindTo(registry);
    }
  }

  @Override
  public void close() {
    collector.close();
  }
}
