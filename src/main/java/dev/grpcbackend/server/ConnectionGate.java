package dev.grpcbackend.server;

import dev.grpcbackend.transport.Cut;
import dev.grpcbackend.transport.GatedServer;
import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts the connections of a port, in total and by address, and admits no more than there may be.
 * Thread-safe: the instances of a verticle, each with an event loop, share a port and with it this.
 */
final class ConnectionGate implements GatedServer.Gate {

  private final ConnectionRules rules;
  private final CutLog cuts;
  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentHashMap<Object, Integer> byAddress = new ConcurrentHashMap<>();

  ConnectionGate(ConnectionRules rules, CutLog cuts) {
    this.rules = rules;
    this.cuts = cuts;
  }

  @Override
  public boolean admit(@Nullable InetAddress from) {
    if (open.incrementAndGet() > rules.max() && rules.max() > 0) {
      open.decrementAndGet();
      cuts.add(Cut.TOO_MANY_CONNECTIONS, from == null ? null : from.getHostAddress());
      return false;
    }
    if (from != null && rules.maxPerAddress() > 0) {
      int others = byAddress.merge(network(from), 1, Integer::sum) - 1;
      if (others >= rules.maxPerAddress()) {
        release(from);
        cuts.add(Cut.TOO_MANY_FROM_ADDRESS, from.getHostAddress());
        return false;
      }
    }
    return true;
  }

  @Override
  public void left(@Nullable InetAddress from, boolean served) {
    release(from);
    if (!served) {
      cuts.add(Cut.FAILED_HANDSHAKE, from == null ? null : from.getHostAddress());
    }
  }

  private void release(@Nullable InetAddress from) {
    open.decrementAndGet();
    if (from != null && rules.maxPerAddress() > 0) {
      byAddress.computeIfPresent(
          network(from), (network, count) -> count == 1 ? null : Integer.valueOf(count - 1));
    }
  }

  /** Returns what tells one client from another: the address, or the first half of an IPv6 one. */
  private static Object network(InetAddress address) {
    return address instanceof Inet6Address
        ? (Object) ByteBuffer.wrap(address.getAddress()).getLong()
        : address;
  }

  /** Returns the same of an address of Vert.x; null for a Unix domain socket. */
  static @Nullable Object network(SocketAddress address) {
    String host = address.hostAddress();
    byte[] bytes = host == null ? null : NetUtil.createByteArrayFromIpAddressString(host);
    if (bytes == null) {
      return null;
    }
    try {
      return network(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
