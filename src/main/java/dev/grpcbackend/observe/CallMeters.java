package dev.grpcbackend.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The meters of a server's calls, by method and status, with the names and labels of gRFC A66.
 * Thread-safe: methods are added by the event loops of all instances.
 */
final class CallMeters {

  private static final String METHOD = "grpc.method";
  private static final String STATUS = "grpc.status";

  private final HistogramFamily duration = new HistogramFamily(
      "grpc.server.call.duration",
      "Time from the head of a call to its end, whatever became of it.",
      Buckets.LATENCY);
  private final HistogramFamily sent = new HistogramFamily(
      "grpc.server.call.sent_total_compressed_message_size",
      "Response messages of a call as they went over the wire.",
      Buckets.SIZE);
  private final HistogramFamily received = new HistogramFamily(
      "grpc.server.call.rcvd_total_compressed_message_size",
      "Request messages of a call as they came over the wire.",
      Buckets.SIZE);
  private final Map<String, List<MethodCalls>> byMethod = new ConcurrentHashMap<>();
  private final List<MeterRegistry> registries = new ArrayList<>();

  List<HistogramFamily> histograms() {
    return List.of(duration, sent, received);
  }

  /** Returns what counts the calls of a method on the event loop that asks. */
  synchronized MethodCalls of(String method) {
    List<MethodCalls> ofAllLoops = byMethod.get(method);
    if (ofAllLoops == null) {
      ofAllLoops = new CopyOnWriteArrayList<>();
      byMethod.put(method, ofAllLoops);
      for (MeterRegistry registry : registries) {
        show(registry, method, ofAllLoops);
      }
    }
    for (MethodCalls calls : ofAllLoops) {
      if (calls.isOwned()) {
        return calls;
      }
    }
    MethodCalls made = new MethodCalls(this, method);
    ofAllLoops.add(made);
    return made;
  }

  MethodCalls.Ending ending(String method, GrpcStatus status) {
    Tags tags = Tags.of(METHOD, method, STATUS, status.name());
    return new MethodCalls.Ending(
        duration.with(tags).recorder(),
        sent.with(tags).recorder(),
        received.with(tags).recorder());
  }

  synchronized void bindTo(MeterRegistry registry) {
    registries.add(registry);
    byMethod.forEach((method, calls) -> show(registry, method, calls));
  }

  private static void show(MeterRegistry registry, String method, List<MethodCalls> calls) {
    FunctionCounter.builder("grpc.server.call.started", calls, CallMeters::started)
        .description("Calls that began, also those that were refused.")
        .tag(METHOD, method)
        .register(registry);
    Gauge.builder("grpc.server.calls.active", calls, CallMeters::active)
        .description("Calls in progress.")
        .tag(METHOD, method)
        .register(registry);
  }

  private static long started(List<MethodCalls> calls) {
    return calls.stream().mapToLong(MethodCalls::started).sum();
  }

  private static long active(List<MethodCalls> calls) {
    return calls.stream().mapToLong(MethodCalls::active).sum();
  }
}
