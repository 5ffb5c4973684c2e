package dev.grpcbackend.transport;

/** Hears of the connections of a {@link SocketTransport}, each on its event loop. */
public interface ConnectionListener {

  /** Takes a new connection. */
  void opened(SocketConnection connection);

  /** The HTTP version of a connection is known, and it is another object from now on. */
  void identified(SocketConnection before, SocketConnection now);

  /** A connection, or an exchange on it, has been ended because of what its client did. */
  void cut(Connection connection, Cut cut);

  /**
   * A stream was reset before its time, and not by its handler.
   *
   * @param opened how many streams were opened on the connection since the last that was
   * @return whether too many were on all connections of the client's address together
   */
  boolean reset(Connection connection, int opened);
}
