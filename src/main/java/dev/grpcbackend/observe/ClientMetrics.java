package dev.grpcbackend.observe;

import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.client.ClientCallObserver;
import dev.grpcbackend.client.ClientCallTracer;
import dev.grpcbackend.rpc.Method;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts what clients call, and shows it to Micrometer by the names of gRFC A66. One for as many
 * channels and registries as there are. In Prometheus's own registry histograms have their buckets;
 * others get counts and sums.
 *
 * <p>The label {@code grpc.target} is the target as the channel's options have it. After {@value
 * #MAX_METHODS} methods, each counted for each target, all others are {@code other}: a proxy may be
 * given names without end. Thread-safe.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A66-otel-stats.md">A66</a>
 */
public final class ClientMetrics implements ClientCallObserver, MeterBinder {

  static final int MAX_METHODS = 1_000;

  private static final String OTHER = "other";

  private final HistogramFamily callDuration = new HistogramFamily(
      "grpc.client.call.duration",
      "Time from the making of a call to its end, with all its attempts.",
      Buckets.LATENCY);
  private final HistogramFamily attemptDuration = new HistogramFamily(
      "grpc.client.attempt.duration",
      "Time of an attempt from the search for a server to its end.",
      Buckets.LATENCY);
  private final HistogramFamily sent = new HistogramFamily(
      "grpc.client.attempt.sent_total_compressed_message_size",
      "Request messages of an attempt as they went over the wire.",
      Buckets.SIZE);
  private final HistogramFamily received = new HistogramFamily(
      "grpc.client.attempt.rcvd_total_compressed_message_size",
      "Response messages of an attempt as they came over the wire.",
      Buckets.SIZE);
  private final Map<Called, CalledMethod> methods = new ConcurrentHashMap<>();
  private final List<MeterRegistry> registries = new ArrayList<>();

  private record Called(String target, String service, String method) {

    String fullName() {
      return service.isEmpty() ? method : service + "/" + method;
    }
  }

  /** Creates metrics that nobody is shown yet. */
  public ClientMetrics() {}

  @Override
  public ClientCallTracer started(ClientCall<?, ?> call, String target) {
    Method<?, ?> method = call.method();
    Called called = new Called(target, method.service(), method.name());
    CalledMethod known = methods.get(called);
    return known != null ? known : add(called);
  }

  private synchronized CalledMethod add(Called called) {
    Called bounded = methods.size() < MAX_METHODS ? called : new Called(OTHER, "", OTHER);
    CalledMethod known = methods.get(bounded);
    if (known != null) {
      return known;
    }
    CalledMethod made = new CalledMethod(this, bounded.target, bounded.fullName());
    methods.put(bounded, made);
    registries.forEach(registry -> show(registry, made));
    return made;
  }

  CalledMethod.Ending attemptEnding(Tags tags) {
    return new CalledMethod.Ending(
        attemptDuration.with(tags).recorder(),
        sent.with(tags).recorder(),
        received.with(tags).recorder());
  }

  Histogram.Recorder callEnding(Tags tags) {
    return callDuration.with(tags).recorder();
  }

  @Override
  public synchronized void bindTo(MeterRegistry registry) {
    registries.add(registry);
    List<HistogramFamily> histograms = List.of(callDuration, attemptDuration, sent, received);
    if (PrometheusHistograms.canShowIn(registry)) {
      PrometheusHistograms.show(registry, histograms);
    } else {
      histograms.forEach(histogram -> histogram.bindTo(registry));
    }
    methods.values().forEach(method -> show(registry, method));
  }

  private static void show(MeterRegistry registry, CalledMethod method) {
    FunctionCounter.builder("grpc.client.attempt.started", method, CalledMethod::started)
        .description("Attempts that began.")
        .tags(method.labels())
        .register(registry);
  }
}
