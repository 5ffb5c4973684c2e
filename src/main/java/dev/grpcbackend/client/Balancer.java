package dev.grpcbackend.client;

import java.util.List;

/** A way to spread calls over servers. Used on the event loop of its channel. */
interface Balancer {

  /** Connects to the servers that calls should find ready. Called again after every change. */
  void connect(List<Subchannel> servers);

  /** Returns what chooses among servers of which one is ready at least. */
  Picker picker(List<Subchannel> servers);

  static Balancer of(BalancingConfig config) {
    return switch (config.policy()) {
      case PICK_FIRST -> new PickFirst();
      case ROUND_ROBIN -> new RoundRobin();
      case LEAST_REQUEST -> new LeastRequest(config.choices());
      case RING_HASH -> new RingHash(config);
    };
  }

  /** Returns the servers that are ready. */
  static List<Subchannel> ready(List<Subchannel> servers) {
    return servers.stream()
        .filter(server -> server.state() == ServerState.State.READY)
        .toList();
  }
}
