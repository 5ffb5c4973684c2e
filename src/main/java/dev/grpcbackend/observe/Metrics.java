package dev.grpcbackend.observe;

import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.rpc.Method;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Counts what a server does, and shows it to Micrometer: the calls by the names of gRFC A66, and what
 * goes on around them. One for all instances of a server, and bound to as many registries as there
 * are. In Prometheus's own registry histograms have their buckets; others get counts and sums.
 *
 * <p>The labels are bounded by the methods that are registered: all that callers make up is {@code
 * other}. A call costs a few additions to fields of its event loop. Thread-safe.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A66-otel-stats.md">A66</a>
 */
public final class Metrics implements CallObserver, MeterBinder {

  /** The label of all methods that nobody has registered. */
  private static final String OTHER = "other";

  private final CallMeters calls = new CallMeters();
  private final MethodCalls others = calls.of(OTHER);
  private final HistogramFamily lag = new HistogramFamily(
      "grpc.server.eventloop.lag",
      "How long a task waits for an event loop, measured five times a second.",
      Buckets.LATENCY);
  private final List<Supplier<ServerState>> servers = new ArrayList<>();
  private final Map<String, LongAdder> cuts = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> refusals = new ConcurrentHashMap<>();
  private final LongAdder policyFailures = new LongAdder();
  private final List<MeterRegistry> registries = new ArrayList<>();
  private ServerState ended = ServerState.NONE;

  /** Creates metrics that nobody is shown yet. */
  public Metrics() {}

  // What the calls say.

  @Override
  public CallTracer started(ObservedCall call) {
    return others.started(call);
  }

  @Override
  public CallObserver forMethod(Method<?, ?> method) {
    return calls.of(method.fullName());
  }

  // What a server says.

  /** Adds one instance of a server; its state is asked for by any thread. */
  public synchronized void add(Supplier<ServerState> server) {
    servers.add(server);
  }

  /** Takes one away that has ended; what it has counted stays. */
  public synchronized void remove(Supplier<ServerState> server) {
    if (servers.remove(server)) {
      ended = ended.plus(server.get().ended());
    }
  }

  /** Counts a client that was cut off, for one of a few reasons. */
  public void cut(String reason) {
    LongAdder count = cuts.get(reason);
    if (count == null) {
      count = addCut(reason);
    }
    count.increment();
  }

  /** Counts a call that was refused because of who has made it, for one of a few reasons. */
  public void refused(String reason) {
    LongAdder count = refusals.get(reason);
    if (count == null) {
      count = addRefusal(reason);
    }
    count.increment();
  }

  /** Counts a look at a policy file that could not be used. */
  public void policyFailed() {
    policyFailures.increment();
  }

  /** Takes how long a task has waited for the event loop that it runs on. */
  public void lag(long nanos) {
    lag.with(Tags.empty()).recorder().record(nanos);
  }

  // What Micrometer asks for.

  @Override
  public synchronized void bindTo(MeterRegistry registry) {
    registries.add(registry);
    calls.bindTo(registry);
    List<HistogramFamily> histograms = new ArrayList<>(calls.histograms());
    lag.with(Tags.empty());
    histograms.add(lag);
    if (PrometheusHistograms.canShowIn(registry)) {
      PrometheusHistograms.show(registry, histograms);
    } else {
      histograms.forEach(histogram -> histogram.bindTo(registry));
    }
    gauge(registry, "connections.active", "", "Open connections.", ServerState::connections);
    gauge(registry, "streams.active", "", "Exchanges open on them.", ServerState::streams);
    gauge(
        registry,
        "connection.streams.max",
        "",
        "Exchanges open on the connection that has most.",
        ServerState::mostStreams);
    gauge(registry, "queue.size", "", "Calls that wait for their turn.", ServerState::waiting);
    gauge(
        registry,
        "queue.age",
        "seconds",
        "How long the oldest of them has waited.",
        state -> (double) state.oldestWaitNanos() / TimeUnit.SECONDS.toNanos(1));
    FunctionCounter.builder("grpc.server.rejected", this, counted(ServerState::refused))
        .description("Calls that were refused before their handler.")
        .tag("reason", "overload")
        .register(registry);
    FunctionCounter.builder("grpc.server.policy.failures", policyFailures, LongAdder::sum)
        .description("Looks at a policy file that could not be used.")
        .register(registry);
    refusals.forEach((reason, count) -> showRefusal(registry, reason, count));
    FunctionCounter.builder("grpc.server.eventloop.blocks", this, counted(ServerState::blocks))
        .description("Times that a handler has blocked an event loop.")
        .register(registry);
    cuts.forEach((reason, count) -> showCut(registry, reason, count));
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String unit,
      String description,
      ToDoubleFunction<ServerState> value) {
    Gauge.builder("grpc.server." + name, this, metrics -> value.applyAsDouble(metrics.state()))
        .description(description)
        .baseUnit(unit.isEmpty() ? null : unit)
        .register(registry);
  }

  private static ToDoubleFunction<Metrics> counted(ToLongFunction<ServerState> value) {
    return metrics -> value.applyAsLong(metrics.state());
  }

  private synchronized ServerState state() {
    ServerState all = ended;
    for (Supplier<ServerState> server : servers) {
      all = all.plus(server.get());
    }
    return all;
  }

  private synchronized LongAdder addCut(String reason) {
    LongAdder known = cuts.get(reason);
    if (known != null) {
      return known;
    }
    LongAdder made = new LongAdder();
    cuts.put(reason, made);
    registries.forEach(registry -> showCut(registry, reason, made));
    return made;
  }

  private synchronized LongAdder addRefusal(String reason) {
    LongAdder known = refusals.get(reason);
    if (known != null) {
      return known;
    }
    LongAdder made = new LongAdder();
    refusals.put(reason, made);
    registries.forEach(registry -> showRefusal(registry, reason, made));
    return made;
  }

  private static void showRefusal(MeterRegistry registry, String reason, LongAdder count) {
    FunctionCounter.builder("grpc.server.rejected", count, LongAdder::sum)
        .description("Calls that were refused before their handler.")
        .tag("reason", reason)
        .register(registry);
  }

  private static void showCut(MeterRegistry registry, String reason, LongAdder count) {
    FunctionCounter.builder("grpc.server.clients.cut", count, LongAdder::sum)
        .description("Connections, or exchanges on them, ended because of what their client did.")
        .tag("reason", reason)
        .register(registry);
  }
}
