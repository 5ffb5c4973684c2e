package dev.grpcbackend.client;

import java.util.List;

/** Sends all calls to one server: the first, in the resolver's order, that can be reached. */
final class PickFirst implements Balancer {

  @Override
  public void connect(List<Subchannel> servers) {
    Subchannel next = null;
    for (Subchannel server : servers) {
      switch (server.state()) {
        case READY, CONNECTING -> {
          return;
        }
        case IDLE -> next = next == null ? server : next;
        case TRANSIENT_FAILURE -> {
          // Its turn comes again when its pause is over.
        }
      }
    }
    if (next != null) {
      next.connect();
    } else {
      servers.forEach(Subchannel::connect);
    }
  }

  @Override
  public Picker picker(List<Subchannel> servers) {
    Subchannel first = Balancer.ready(servers).get(0);
    return request -> first;
  }
}
