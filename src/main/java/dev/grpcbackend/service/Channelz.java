package dev.grpcbackend.service;

import dev.grpcbackend.proto.channelz.v1.Server;
import dev.grpcbackend.proto.channelz.v1.Socket;
import io.vertx.core.Future;
import io.vertx.core.shareddata.Shareable;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a {@link ChannelzService} tells about: the instances of servers in a Vert.x, each with its
 * number. Thread-safe: they have event loops of their own.
 */
public final class Channelz implements Shareable {

  /** Of servers and sockets alike, so that no number stands for two things. */
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final NavigableMap<Long, Instance> servers = new ConcurrentSkipListMap<>();

  /** One instance of a server; asked by any thread, answers from its own event loop. */
  public interface Instance {

    Future<Server> server();

    /** Returns where it listens, and its connections, in the order of their numbers. */
    Future<List<Socket>> sockets();

    /** Returns how many of the sockets are those where it listens; they come first. */
    int listening();
  }

  /** Returns a number that nothing else has. */
  public static long number() {
    return NUMBERS.incrementAndGet();
  }

  /** Adds one, by its number. */
  public void add(long number, Instance server) {
    servers.put(number, server);
  }

  /** Takes one away that has ended. */
  public void remove(long number) {
    servers.remove(number);
  }

  NavigableMap<Long, Instance> servers() {
    return servers;
  }
}
