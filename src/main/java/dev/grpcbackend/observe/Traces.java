package dev.grpcbackend.observe;

import dev.grpcbackend.client.Channel;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.LocalMap;
import io.vertx.core.shareddata.Shareable;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What {@code tracing.*} of the servers of one Vert.x set up: one OpenTelemetry for all of them whose
 * options are the same, from the first to the last. At most 2,048 spans wait to be sent, further ones
 * are lost. Thread-safe.
 */
public final class Traces implements Shareable {

  private static final String ALL = "dev.grpcbackend.traces";
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration LINES_PERIOD = Duration.ofMillis(100);

  /** An end of the process that waits for its collector is none. */
  private static final int LAST_SPANS_SECONDS = 3;

  /** Of a stranger's path, say, or of what a status has as its description. */
  private static final int MAX_VALUE_CHARS = 1_024;

  private final Vertx vertx;
  private final TracingOptions options;
  private final SdkTracerProvider provider;
  private final Tracing tracing;
  private int users;

  private Traces(Vertx vertx, TracingOptions options) {
    this.vertx = vertx;
    this.options = options;
    SdkTracerProviderBuilder spans = SdkTracerProvider.builder()
        .setResource(Resource.getDefault()
            .merge(Resource.create(
                Attributes.of(AttributeKey.stringKey("service.name"), options.serviceName()))))
        .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(1.0 / options.sampleEvery())))
        .setSpanLimits(
            SpanLimits.builder().setMaxAttributeValueLength(MAX_VALUE_CHARS).build());
    if (!options.file().isEmpty()) {
      spans.addSpanProcessor(inTurn(new SpanLines(options.file()), LINES_PERIOD));
    }
    if (!options.endpoint().isEmpty()) {
      Channel collector = Channel.create(vertx, options.collector());
      spans.addSpanProcessor(inTurn(new OtlpSpans(options.endpoint(), collector), PERIOD));
    }
    provider = spans.build();
    tracing = new Tracing(OpenTelemetrySdk.builder()
        .setTracerProvider(provider)
        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
        .build());
  }

  /** On a thread of its own: no event loop waits for a disk. */
  private static SpanProcessor inTurn(SpanExporter exporter, Duration period) {
    return BatchSpanProcessor.builder(exporter).setScheduleDelay(period).build();
  }

  /**
   * Returns the one that these options ask for, to be {@linkplain #close closed} once by each who
   * has joined it.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public static synchronized Traces join(Vertx vertx, TracingOptions options) {
    LocalMap<String, Traces> all = all(vertx);
    String key = options.toString();
    Traces traces = all.get(key);
    if (traces == null) {
      traces = new Traces(vertx, options);
      all.put(key, traces);
    }
    traces.users++;
    return traces;
  }

  /** Returns the tracing of servers of a Vert.x, of one of them if there are several, or null. */
  static @Nullable Tracing of(Vertx vertx) {
    for (Traces one : all(vertx).values()) {
      return one.tracing;
    }
    return null;
  }

  private static LocalMap<String, Traces> all(Vertx vertx) {
    return vertx.sharedData().getLocalMap(ALL);
  }

  public Tracing tracing() {
    return tracing;
  }

  /** Sends what is left, after the last who closes it. It blocks for as long, up to three seconds. */
  public void close() {
    synchronized (Traces.class) {
      users--;
      if (users > 0) {
        return;
      }
      all(vertx).remove(options.toString());
    }
    provider.shutdown().join(LAST_SPANS_SECONDS, TimeUnit.SECONDS);
  }
}
