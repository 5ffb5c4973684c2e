package dev.grpcbackend.policy;

import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import java.time.Duration;

/**
 * What a refused call is told: UNAVAILABLE, which callers may retry elsewhere (statuscodes.md), and
 * when to come back, as {@code grpc-retry-pushback-ms} (gRFC A6) and as {@code google.rpc.RetryInfo}.
 * The times differ, so that those who were refused together do not come back together. Made once:
 * refusing has to cost far less than serving.
 */
final class Refusals {

  private static final Metadata.Key<String> PUSHBACK = Metadata.Key.ascii("grpc-retry-pushback-ms");

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
    RetryInfo retry =
        RetryInfo.newBuilder().setRetryDelay(Durations.fromMillis(millis)).build();
    return status.asException(new Metadata()
        .addAll(status.withDetails(retry).trailers())
        .add(PUSHBACK, Long.toString(millis)));
  }
}
