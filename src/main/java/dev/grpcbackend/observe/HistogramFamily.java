package dev.grpcbackend.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * The histograms of one name, by their labels. Micrometer's own meters take several looks at the
 * clock and a handful of atomic writes for each value; ours are counted beside it and shown through
 * it. Thread-safe: labels are added when they are first needed, by any event loop.
 */
final class HistogramFamily {

  private final String name;
  private final String description;
  private final Buckets buckets;
  private final Map<Tags, Histogram> byTags = new ConcurrentHashMap<>();
  private final List<MeterRegistry> registries = new CopyOnWriteArrayList<>();

  HistogramFamily(String name, String description, Buckets buckets) {
    this.name = name;
    this.description = description;
    this.buckets = buckets;
  }

  String name() {
    return name;
  }

  String description() {
    return description;
  }

  Buckets buckets() {
    return buckets;
  }

  Histogram with(Tags tags) {
    Histogram known = byTags.get(tags);
    return known != null ? known : add(tags);
  }

  void forEach(BiConsumer<Tags, Histogram> action) {
    byTags.forEach(action);
  }

  /** Shows count and sum of each, those to come too, where there is no way to show the buckets. */
  synchronized void bindTo(MeterRegistry registry) {
    registries.add(registry);
    byTags.forEach((tags, histogram) -> show(registry, tags, histogram));
  }

  private synchronized Histogram add(Tags tags) {
    Histogram known = byTags.get(tags);
    if (known != null) {
      return known;
    }
    Histogram made = new Histogram(buckets);
    byTags.put(tags, made);
    registries.forEach(registry -> show(registry, tags, made));
    return made;
  }

  private void show(MeterRegistry registry, Tags tags, Histogram histogram) {
    if (buckets == Buckets.LATENCY) {
      FunctionTimer.builder(name, histogram, Histogram::count, Histogram::sum, TimeUnit.SECONDS)
          .description(description)
          .tags(tags)
          .register(registry);
    } else {
      FunctionCounter.builder(name, histogram, Histogram::sum)
          .description(description)
          .baseUnit("bytes")
          .tags(tags)
          .register(registry);
    }
  }
}
