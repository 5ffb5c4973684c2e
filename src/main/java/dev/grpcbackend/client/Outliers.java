package dev.grpcbackend.client;

import io.vertx.core.Context;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Decides which servers of a channel get no calls for a while, as gRFC A50 says. */
final class Outliers {

  private static final double THOUSANDTHS = 1_000;
  private static final double PERCENT = 100;

  private final OutlierConfig config;
  private final LongSupplier clock;
  private final DoubleSupplier random;
  private @Nullable Long timer;

  /**
   * Creates the detector.
   *
   * @param clock in nanoseconds
   * @param random from 0 to 1
   */
  Outliers(OutlierConfig config, LongSupplier clock, DoubleSupplier random) {
    this.config = config;
    this.clock = clock;
    this.random = random;
  }

  /** Returns what a config asks for, null for nothing. */
  static @Nullable Outliers of(@Nullable OutlierConfig config) {
    return config == null ? null : new Outliers(config, System::nanoTime, Math::random);
  }

  /** Looks at servers again and again, on the event loop of their channel; called more than once. */
  void watch(Context home, List<Subchannel> servers, Runnable onChange) {
    if (timer == null) {
      timer = home.owner().setPeriodic(Math.max(1, config.interval().toMillis()), look -> {
        sweep(servers.stream().map(Subchannel::outcomes).toList());
        servers.forEach(Subchannel::followOutcomes);
        onChange.run();
      });
    }
  }

  void stop(Context home) {
    if (timer != null) {
      home.owner().cancelTimer(timer);
    }
  }

  /** Looks at the interval that is over. */
  void sweep(List<Outcomes> servers) {
    long now = clock.getAsLong();
    servers.forEach(Outcomes::turn);
    successRate(servers, now);
    failurePercentage(servers, now);
    servers.forEach(server -> server.look(now, config));
  }

  private void successRate(List<Outcomes> servers, long now) {
    OutlierConfig.SuccessRate rule = config.successRate();
    if (rule == null) {
      return;
    }
    List<Outcomes> busy = busy(servers, rule.requestVolume());
    if (busy.size() < rule.minimumHosts() || busy.isEmpty()) {
      return;
    }
    double mean = busy.stream().mapToDouble(Outcomes::successRate).sum() / busy.size();
    double variance = busy.stream()
            .mapToDouble(server -> Math.pow(server.successRate() - mean, 2))
            .sum()
        / busy.size();
    double least = mean - Math.sqrt(variance) * (rule.stdevFactor() / THOUSANDTHS);
    for (Outcomes server : busy) {
      if (server.successRate() < least) {
        eject(server, servers, rule.enforcementPercentage(), now);
      }
    }
  }

  private void failurePercentage(List<Outcomes> servers, long now) {
    OutlierConfig.FailurePercentage rule = config.failurePercentage();
    if (rule == null) {
      return;
    }
    List<Outcomes> busy = busy(servers, rule.requestVolume());
    if (busy.size() < rule.minimumHosts()) {
      return;
    }
    for (Outcomes server : busy) {
      if (server.failurePercentage() > rule.threshold()) {
        eject(server, servers, rule.enforcementPercentage(), now);
      }
    }
  }

  /** With so many calls that they mean something; one without any has no rate. */
  private static List<Outcomes> busy(List<Outcomes> servers, int requestVolume) {
    return servers.stream()
        .filter(server -> server.total() >= Math.max(1, requestVolume))
        .toList();
  }

  private void eject(Outcomes server, List<Outcomes> servers, int enforcement, long now) {
    long out = servers.stream().filter(Outcomes::isEjected).count();
    boolean mayBeOneMore = out == 0 || PERCENT * out / servers.size() < config.maxEjectionPercent();
    if (!server.isEjected() && mayBeOneMore && random.getAsDouble() * PERCENT < enforcement) {
      server.eject(now);
    }
  }
}
