package dev.grpcbackend.server;

import dev.grpcbackend.observe.Metrics;
import dev.grpcbackend.observe.ProcessMetrics;
import dev.grpcbackend.transport.HeldMemory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Prometheus reads: the metrics of servers and of their process. Thread-safe. */
final class MetricsPage implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MetricsPage.class);

  /** The text format of Prometheus, and the one of OpenMetrics for those who ask for it. */
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Metrics metrics = new Metrics();
  private final ProcessMetrics process = new ProcessMetrics();

  /** Kept here, as gauges do not keep what they ask. */
  private final BooleanSupplier ready;

  MetricsPage(BooleanSupplier ready) {
    this.ready = ready;
    process.bindTo(registry);
    metrics.bindTo(registry);
    Gauge.builder("grpc.server.ready", this, page -> page.ready.getAsBoolean() ? 1 : 0)
        .description("Whether new calls are welcome: not during a drain, nor when told otherwise.")
        .register(registry);
    Gauge.builder("grpc.server.memory.held", HeldMemory.OF_PROCESS, HeldMemory::bytes)
        .description("Requests and unread responses that are kept for clients.")
        .baseUnit("bytes")
        .register(registry);
  }

  Metrics metrics() {
    return metrics;
  }

  /** Returns the type of the page for a client that accepts these. */
  String contentType(@Nullable String accept) {
    return accept != null && accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
  }

  /** Returns the page. It may block. */
  String text(String contentType) {
    return registry.scrape(contentType);
  }

  void failed(Throwable failure) {
    LOG.error("/metrics failed", failure);
  }

  @Override
  public void close() {
    process.close();
    registry.close();
  }
}
