package dev.grpcbackend.policy;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import java.time.Duration;

/**
 * What a refused call is told: UNAVAILABLE, which callers may retry elsewhere (statuscodes.md), and
 * when to come back.
 * The times differ, so that those who were refused together do not come back together. Made once:
 * refusing has to cost far less than serving.
 */
final class Refusals {

  private static final int KINDS = 16;

  private final StatusException[] kinds = new StatusException[KINDS];
  private int last;

  /** Creates refusals that ask for a pause between half of {@code pause} and one and a half. */
  Refusals(Duration pause) {
    long millis = Math.max(2, pause.toMillis());
    for (int i = 0; i < KINDS; i++) {
      kinds[i] = refusal(millis / 2 + millis * i / KINDS);
    }
  }

  StatusException next() {
    // An odd step visits all, and neighbours get times that are far from each other.
    last = (last + 7) % KINDS;
    return kinds[last];
  }

  private static StatusException refusal(long millis) {
    String text = "the server has more calls than it can serve, retry after " + millis + " ms";
    Status status = Status.UNAVAILABLE.withDescription(text);
    return Pushback.of(status, millis);
  }
}
