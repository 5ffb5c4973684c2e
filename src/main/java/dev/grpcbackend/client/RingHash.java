package dev.grpcbackend.client;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls with the same value of a header to the same server, and moves as few as possible when
 * servers come or go (gRFC A42, A76). A server that cannot be reached is stood in for by the next on
 * the ring.
 */
final class RingHash implements Balancer {

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final BalancingConfig config;

  RingHash(BalancingConfig config) {
    this.config = config;
  }

  @Override
  public void connect(List<Subchannel> servers) {
    servers.forEach(Subchannel::connect);
  }

  @Override
  public Picker picker(List<Subchannel> servers) {
    int each = Math.max(1, (config.minRingSize() + servers.size() - 1) / servers.size());
    each = Math.max(1, Math.min(each, config.maxRingSize() / servers.size()));
    record Point(long hash, Subchannel server) {}

    Point[] points = new Point[each * servers.size()];
    int filled = 0;
    for (Subchannel server : servers) {
      for (int i = 0; i < each; i++) {
        points[filled++] = new Point(hash(Target.text(server.address()) + "_" + i), server);
      }
    }
    Arrays.sort(points, (a, b) -> Long.compare(a.hash, b.hash));
    long[] hashes = Arrays.stream(points).mapToLong(Point::hash).toArray();
    Subchannel[] ring = Arrays.stream(points).map(Point::server).toArray(Subchannel[]::new);
    return request -> pick(hashes, ring, request.hash(config.hashHeader()));
  }

  private static @Nullable Subchannel pick(long[] hashes, Subchannel[] ring, long hash) {
    int found = Arrays.binarySearch(hashes, hash);
    int start = found < 0 ? -found - 1 : found;
    for (int i = 0; i < ring.length; i++) {
      Subchannel server = ring[(start + i) % ring.length];
      ServerState.State state = server.state();
      if (state == ServerState.State.READY) {
        return server;
      }
      if (state != ServerState.State.TRANSIENT_FAILURE) {
        // It is about to be ready, and a call elsewhere would miss what is kept there.
        return null;
      }
    }
    return null;
  }

  /** FNV-1a, its bits then mixed as by MurmurHash3's finalizer. */
  static long hash(String text) {
    long hash = FNV_OFFSET;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }
}
