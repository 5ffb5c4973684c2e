package dev.grpcbackend.transport;

import io.vertx.core.net.SocketAddress;

/**
 * A connection on a socket of ours, with what the rules for its life look at and do. Everything is
 * called on its event loop.
 */
public interface SocketConnection extends Connection {

  SocketAddress localAddress();

  /** Whether it is HTTP/2, whose clients answer pings. */
  boolean isHttp2();

  /** Whether the client owes a head, or the rest of one: its first, or one that it has begun. */
  boolean awaitsHead();

  /** Returns how many heads have been read; each is the beginning of an exchange, or was refused. */
  long heads();

  /** Returns how many exchanges are open. */
  int exchanges();

  /**
   * Returns a number that changes with every sign of life: when anything arrives, and when the client
   * takes some of what waits for it, behind which a ping would have to wait too.
   */
  long signs();

  /** Whether what arrives is read at all: it is not while nobody can take it. */
  boolean isReading();

  /** Ends what the client sends, or reads, more slowly than it may; {@code now} in nanoseconds. */
  void lookAtPace(long now);

  /**
   * Has the client open its next calls elsewhere, and closes after the last of those that are open.
   * A call that crosses the news is still served (RFC 9113, section 6.8).
   *
   * @param reason debug data for the client
   */
  void retire(String reason);

  /** Closes at once; the exchanges that are open are cancelled for this reason. */
  void abort(String reason);
}
