package dev.grpcbackend.client;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.LocalMap;
import io.vertx.core.shareddata.Shareable;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The open channels of a Vert.x, for those who look at them from outside. Thread-safe. */
public final class Channels implements Shareable {

  private static final String ALL = "dev.grpcbackend.channels";

  private final NavigableMap<Long, LoadBalancer> open = new ConcurrentSkipListMap<>();
  private volatile boolean counting;

  private Channels() {}

  /** Returns those of a Vert.x. */
  public static Channels of(Vertx vertx) {
    LocalMap<String, Channels> shared = vertx.sharedData().getLocalMap(ALL);
    return shared.computeIfAbsent(ALL, first -> new Channels());
  }

  /** Has calls and streams counted from now on; before, that costs nothing. */
  public void count() {
    counting = true;
  }

  boolean isCounting() {
    return counting;
  }

  void add(LoadBalancer channel) {
    open.put(channel.number(), channel);
  }

  void remove(LoadBalancer channel) {
    open.remove(channel.number());
  }

  /** Returns what is known of each channel, by number; asked on their own event loops. */
  public Future<List<ChannelState>> states() {
    List<Future<ChannelState>> answers = new ArrayList<>();
    open.values().forEach(channel -> answers.add(channel.state()));
    return Future.all(answers).map(all -> all.list());
  }
}
