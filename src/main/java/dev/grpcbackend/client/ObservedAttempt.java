package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of a call as observers see it: what has gone to and fro until now. Plain fields of the
 * call's context. Sizes are those on the wire, without the prefixes of the messages.
 */
public final class ObservedAttempt {

  /** Stands for an attempt that nobody observes. */
  static final ObservedAttempt NONE = new ObservedAttempt(Observation.NONE, 0, 0, false, 0);

  private final Observation observation;
  private final int number;
  private final int previous;
  private final boolean transparent;
  private final long startedNanos;
  private @Nullable MultiMap headers;
  private long durationNanos;
  private long sentMessages;
  private long sentBytes;
  private long receivedMessages;
  private long receivedBytes;

  ObservedAttempt(
      Observation observation, int number, int previous, boolean transparent, long startedNanos) {
    this.observation = observation;
    this.number = number;
    this.previous = previous;
    this.transparent = transparent;
    this.startedNanos = startedNanos;
  }

  // For the attempt.

  /** Adds what observers want the server to know to the head of the request. */
  void write(MultiMap head) {
    if (headers != null) {
      headers.forEach((name, value) -> head.set(name, value));
    }
  }

  /** The name of the target was resolved, for which the attempt had to wait. */
  void resolved() {
    if (this != NONE) {
      observation.nameResolved();
    }
  }

  /** A server was found, for which the attempt had to wait. */
  void connected() {
    if (this != NONE) {
      observation.attemptConnected(this);
    }
  }

  /** Takes whole messages with their prefixes, on the way to the transport. */
  void sent(Buffer messages) {
    if (this == NONE) {
      return;
    }
    int position = 0;
    while (position < messages.length()) {
      boolean compressed = messages.getByte(position) != 0;
      int bytes = messages.getInt(position + 1);
      position += MessageFramer.PREFIX_BYTES + bytes;
      sentMessages++;
      sentBytes += bytes;
      observation.sent(this, bytes, compressed);
    }
  }

  void received(int wireBytes, int bytes) {
    if (this != NONE) {
      receivedMessages++;
      receivedBytes += wireBytes;
      observation.received(this, wireBytes, bytes);
    }
  }

  void closed(Status status) {
    if (this != NONE) {
      durationNanos = System.nanoTime() - startedNanos;
      observation.attemptClosed(this, status);
    }
  }

  // For the observers.

  /**
   * Has the server told, by a header of this attempt's request in place of one that the call has by
   * that name. Only while the attempt {@linkplain ClientCallTracer#attemptStarted starts}.
   */
  public void header(String name, String value) {
    MultiMap all = headers;
    if (all == null) {
      all = MultiMap.caseInsensitiveMultiMap();
      headers = all;
    }
    all.set(name, value);
  }

  /** Returns how many attempts of its call there were before it. */
  public int number() {
    return number;
  }

  /** Returns how many of them were no transparent retries: {@code grpc-previous-rpc-attempts}. */
  public int previous() {
    return previous;
  }

  /** Whether it repeats one that no server has seen, which no policy is asked about (gRFC A6). */
  public boolean isTransparentRetry() {
    return transparent;
  }

  /** Returns the time from its start, with the search for a server, to its end; of a closed one. */
  public long durationNanos() {
    return durationNanos;
  }

  /** Returns how many request messages were handed to the transport. */
  public long sentMessages() {
    return sentMessages;
  }

  public long sentBytes() {
    return sentBytes;
  }

  /** Returns how many response messages were decoded. */
  public long receivedMessages() {
    return receivedMessages;
  }

  public long receivedBytes() {
    return receivedBytes;
  }
}
