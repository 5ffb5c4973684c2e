package dev.grpcbackend.client;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a channel knows of one of its servers at a moment.
 *
 * @param address what errors call the server
 * @param connections how many take calls
 * @param failure why there is no connection, empty if there is one or none was tried
 */
public record ServerState(String address, State state, int connections, String failure) {

  /**
   * What can be expected of a server.
   *
   * @see <a href="https://github.com/grpc/grpc/blob/master/doc/connectivity-semantics-and-api.md">
   *     gRPC Connectivity Semantics</a>
   */
  public enum State {
    /** Not connected, as no call has needed it. */
    IDLE,
    CONNECTING,
    READY,
    /** Stays so while it connects again, until that succeeds: calls are better off elsewhere. */
    TRANSIENT_FAILURE;

    private static final List<State> BEST_LAST =
        List.of(TRANSIENT_FAILURE, IDLE, CONNECTING, READY);

    /** Returns the state of a channel whose servers have these. */
    static State best(Stream<State> servers) {
      return servers.max(Comparator.comparing(BEST_LAST::indexOf)).orElse(IDLE);
    }
  }
}
