package dev.grpcbackend.client;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps a connection to every server and takes one after the other. */
final class RoundRobin implements Balancer {

  /** Shared by all threads that call; starts anywhere, lest all clients begin with one server. */
  private final AtomicInteger next =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));

  @Override
  public void connect(List<Subchannel> servers) {
    servers.forEach(Subchannel::connect);
  }

  @Override
  public Picker picker(List<Subchannel> servers) {
    Subchannel[] ready = Balancer.ready(servers).toArray(Subchannel[]::new);
    return request -> ready[(next.getAndIncrement() & Integer.MAX_VALUE) % ready.length];
  }
}
