package dev.grpcbackend.observe;

/**
 * What one instance of a server has to do at a moment.
 *
 * @param connections how many are open
 * @param streams exchanges that are open on them
 * @param mostStreams the same of the connection that has most
 * @param waiting calls that wait for their turn
 * @param oldestWaitNanos how long the one that came first has waited
 * @param refused calls that were refused since the start, as there were too many
 * @param blocks how many times a handler has blocked the event loop since the start
 */
public record ServerState(
    int connections,
    int streams,
    int mostStreams,
    int waiting,
    long oldestWaitNanos,
    long refused,
    long blocks) {

  /** Of a server that has nothing to do. */
  public static final ServerState NONE = new ServerState(0, 0, 0, 0, 0, 0, 0);

  /** Returns that of two instances together. */
  ServerState plus(ServerState other) {
    return new ServerState(
        connections + other.connections,
        streams + other.streams,
        Math.max(mostStreams, other.mostStreams),
        waiting + other.waiting,
        Math.max(oldestWaitNanos, other.oldestWaitNanos),
        refused + other.refused,
        blocks + other.blocks);
  }

  /** Returns what remains of an instance that has ended: what was counted. */
  ServerState ended() {
    return new ServerState(0, 0, 0, 0, 0, refused, blocks);
  }
}
