package dev.grpcbackend.client;

import io.vertx.core.net.SocketAddress;
import java.util.List;

/**
 * What is known of a channel at a moment.
 *
 * @param number stands for nothing else in this process
 * @param target as the options of the channel have it, or the address that a stub was made with
 * @param state the best of its servers
 * @param calls with all their attempts
 * @param servers in the order in which they were found; none before the first call
 */
public record ChannelState(
    long number, String target, ServerState.State state, Totals calls, List<Server> servers) {

  /**
   * What became of calls, or of streams.
   *
   * @param started those that began
   * @param succeeded those that ended with OK
   * @param failed those that ended otherwise
   * @param lastStartedMillis when the last one began, since 1970; 0 if none has
   */
  public record Totals(long started, long succeeded, long failed, long lastStartedMillis) {}

  /**
   * One of its servers.
   *
   * @param number stands for nothing else in this process
   * @param streams one for each attempt of a call
   */
  public record Server(long number, ServerState known, Totals streams, List<Socket> connections) {}

  /**
   * One connection to a server.
   *
   * @param number stands for nothing else in this process
   * @param cipherSuite the name in the registry of IANA; empty for clear text
   */
  public record Socket(
      long number, SocketAddress local, SocketAddress remote, String cipherSuite, Totals streams) {}
}
