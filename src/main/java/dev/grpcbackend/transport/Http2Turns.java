package dev.grpcbackend.transport;

import java.util.ArrayDeque;

/**
 * Who may write next on a connection: its window, and the exchanges that wait for it or for the
 * socket. Each of them writes a frame in its turn, so that none starves.
 */
final class Http2Turns {

  private final Http2Session session;
  private final Http2FrameWriter writer;
  private final ArrayDeque<Http2Exchange> waiting = new ArrayDeque<>();
  private long window = Http2Streams.FIRST_WINDOW_BYTES;

  Http2Turns(Http2Session session, Http2FrameWriter writer) {
    this.session = session;
    this.writer = writer;
  }

  boolean mayWrite() {
    return window > 0 && session.isWritable();
  }

  /** Returns the most that may go into one DATA frame now. */
  long maxFrame() {
    return Math.min(window, writer.maxFrameBytes());
  }

  void sent(int bytes) {
    window -= bytes;
  }

  /** The client takes more; false if that is more than a window can be. */
  boolean growWindow(int bytes) {
    window += bytes;
    return window <= Integer.MAX_VALUE;
  }

  /** Queues an exchange if it has something that its own window allows it to send. */
  void await(Http2Exchange exchange) {
    if (!exchange.inTurn && exchange.hasSendable()) {
      exchange.inTurn = true;
      waiting.add(exchange);
    }
  }

  /** Lets them write, again and again, until the client or the socket takes no more. */
  void write() {
    while (mayWrite()) {
      Http2Exchange next = waiting.poll();
      if (next == null) {
        return;
      }
      next.inTurn = false;
      if (next.hasSendable()) {
        next.sendNext();
        await(next);
      }
    }
  }

  void clear() {
    waiting.clear();
  }
}
