package dev.grpcbackend.client;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Compares servers taken at random and takes the one with the fewest calls (gRFC A48). */
final class LeastRequest implements Balancer {

  private final int choices;

  LeastRequest(int choices) {
    this.choices = choices;
  }

  @Override
  public void connect(List<Subchannel> servers) {
    servers.forEach(Subchannel::connect);
  }

  @Override
  public Picker picker(List<Subchannel> servers) {
    Subchannel[] ready = Balancer.ready(servers).toArray(Subchannel[]::new);
    return request -> {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      Subchannel best = ready[random.nextInt(ready.length)];
      int fewest = best.active();
      for (int i = 1; i < choices; i++) {
        Subchannel other = ready[random.nextInt(ready.length)];
        int active = other.active();
        if (active < fewest) {
          best = other;
          fewest = active;
        }
      }
      return best;
    };
  }
}
