package dev.grpcbackend.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.List;

/** Shows histograms to Prometheus, buckets and all. The only class that needs its library. */
final class PrometheusHistograms implements MultiCollector {

  private static final String REGISTRY = "io.micrometer.prometheusmetrics.PrometheusMeterRegistry";

  private final List<HistogramFamily> families;

  private PrometheusHistograms(List<HistogramFamily> families) {
    this.families = families;
  }

  /** Whether this is Prometheus's; asked by name, as its library may not be there. */
  static boolean canShowIn(MeterRegistry registry) {
    return registry.getClass().getName().equals(REGISTRY);
  }

  static void show(MeterRegistry registry, List<HistogramFamily> families) {
    ((PrometheusMeterRegistry) registry)
        .getPrometheusRegistry()
        .register(new PrometheusHistograms(families));
  }

  @Override
  public MetricSnapshots collect() {
    return MetricSnapshots.of(families.stream()
        .map(PrometheusHistograms::snapshot)
        .filter(snapshot -> !snapshot.getDataPoints().isEmpty())
        .toArray(HistogramSnapshot[]::new));
  }

  @Override
  public List<String> getPrometheusNames() {
    return families.stream().map(PrometheusHistograms::name).toList();
  }

  private static HistogramSnapshot snapshot(HistogramFamily family) {
    HistogramSnapshot.Builder snapshot = HistogramSnapshot.builder()
        .name(name(family))
        .unit(unit(family))
        .help(family.description());
    double[] bounds = family.buckets().bounds();
    family.forEach((tags, histogram) ->
        snapshot.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
            .labels(labels(tags))
            .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, histogram.counts()))
            .sum(histogram.sum())
            .build()));
    return snapshot.build();
  }

  private static String name(HistogramFamily family) {
    return family.name().replace('.', '_') + "_" + unit(family);
  }

  private static Unit unit(HistogramFamily family) {
    return family.buckets() == Buckets.LATENCY ? Unit.SECONDS : Unit.BYTES;
  }

  private static Labels labels(Tags tags) {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (Tag tag : tags) {
      names.add(tag.getKey().replace('.', '_'));
      values.add(tag.getValue());
    }
    return Labels.of(names, values);
  }
}
