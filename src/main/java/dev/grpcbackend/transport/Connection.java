package dev.grpcbackend.transport;

import dev.grpcbackend.call.Peer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import java.time.Duration;

/** One connection under many exchanges: who is at the other end, and what its life cycle needs. */
public interface Connection extends Peer {

  /** HTTP/2 NO_ERROR (RFC 9113, section 7). */
  long NO_ERROR = 0;

  /** As the last stream of a GOAWAY: none is refused yet (RFC 9113, section 6.8). */
  int ALL_STREAMS = Integer.MAX_VALUE;

  /** As the last stream of a GOAWAY: the last one that the peer has opened. */
  int LAST_OPENED = -1;

  /**
   * Tells the peer that streams above {@code lastStreamId} will not be served. HTTP/1.1 has no word
   * for that: nothing is sent.
   */
  void goAway(long errorCode, int lastStreamId);

  /**
   * Completes when the peer has answered a ping, by HTTP/1.1 at once; fails if the connection closes
   * before.
   */
  Future<Void> ping();

  /** Takes no new stream, waits at most {@code timeout} for the open ones, then closes. */
  Future<Void> shutdown(Duration timeout);

  /** Closes at once. */
  Future<Void> close();

  /** Sets what to do when the connection has closed. */
  void closeHandler(Handler<Void> handler);
}
