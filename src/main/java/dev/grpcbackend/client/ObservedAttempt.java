package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;

/**
 * An attempt of a call as observers see it: what has gone to and fro until now. Plain fields of the
 * call's context. Sizes are those on the wire, without the prefixes of the messages.
 */
public final class ObservedAttempt {

  /** Stands for an attempt that nobody observes. */
  static final ObservedAttempt NONE = new ObservedAttempt(Observation.NONE, 0, 0);

  private final Observation observation;
  private final int number;
  private final long startedNanos;
  private long durationNanos;
  private long sentMessages;
  private long sentBytes;
  private long receivedMessages;
  private long receivedBytes;

  ObservedAttempt(Observation observation, int number, long startedNanos) {
    this.observation = observation;
    this.number = number;
    this.startedNanos = startedNanos;
  }

  // For the attempt.

  void sent(int messages, int bytes) {
    if (this != NONE) {
      sentMessages += messages;
      sentBytes += bytes;
    }
  }

  void received(int bytes) {
    if (this != NONE) {
      receivedMessages++;
      receivedBytes += bytes;
    }
  }

  void closed(Status status) {
    if (this != NONE) {
      durationNanos = System.nanoTime() - startedNanos;
      observation.attemptClosed(this, status);
    }
  }

  // For the observers.

  /** Returns how many attempts of its call there were before it. */
  public int number() {
    return number;
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
