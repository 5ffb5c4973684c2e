package dev.grpcbackend.client;

import org.jspecify.annotations.Nullable;

/** Where a call gets its streams from, and what holds for it there. Used by any thread. */
interface StreamSource {

  Target target();

  ChannelOptions options();

  /** Returns what bounds retries, null for nothing. */
  @Nullable
  RetryThrottle throttle();

  /** Counts the calls. */
  CallCounts calls();

  /** Returns a connection with room taken for one stream; null if the request is told later. */
  @Nullable
  Connection take(StreamRequest request);

  /** Forgets a request that does not want a stream any more. */
  void forget(StreamRequest request);

  /** An attempt of a call begins on a connection of this source. */
  void begun(Connection connection);

  /** An attempt of a call has ended. */
  void ended(Connection connection, boolean ok);
}
