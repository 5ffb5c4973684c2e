package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.http.HttpConnection;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call. A call is committed to one of them by the response headers, by what it
 * has sent becoming too much to keep, or by having no other; up to then a failure may lead to
 * another attempt (gRFC A6): at once if no server can have seen the failed one, else as the {@link
 * Recovery} of the method's service config says. Used on the call's context only.
 */
final class Attempts<Req, Resp> {

  /** gRFC A6: what a server refused unseen is tried again once without asking the policy. */
  private static final int MAX_REFUSED = 1;

  /** gRFC A6 sets no bound where nothing left the client; ours only ends what would go round. */
  private static final int MAX_UNSENT = 16;

  private static final Status UNWANTED = Status.CANCELLED.withDescription("not wanted any more");

  private final HttpCall<Req, Resp> call;
  private final RequestWriter<Req> writer;
  private final ResponseQueue<Resp> queue;
  private final @Nullable Recovery recovery;
  private volatile @Nullable Attempt<Req, Resp> latest;
  private volatile @Nullable Attempt<Req, Resp> committed;
  /** Those beside the latest one: only hedging has any. */
  private List<Attempt<Req, Resp>> earlier = List.of();

  private List<Subchannel> tried = List.of();

  private Observation observation = Observation.NONE;
  private int made;
  private int unsent;
  private int refused;

  Attempts(
      HttpCall<Req, Resp> call,
      RequestWriter<Req> writer,
      ResponseQueue<Resp> queue,
      MethodConfig config) {
    this.call = call;
    this.writer = writer;
    this.queue = queue;
    this.recovery = Recovery.of(config, this, call);
  }

  /** Shows the call to an observer from now on. */
  void observe(ClientCallObserver observer) {
    observation = Observation.of(observer, call, call.source().target());
  }

  /** Makes the first attempt. */
  void begin() {
    next();
    if (recovery != null) {
      recovery.onBegin();
    }
  }

  /** Makes one attempt more. */
  void next() {
    made++;
    start(made - 1, false);
  }

  private void start(int previous, boolean transparent) {
    Attempt<Req, Resp> before = latest;
    if (before != null && !before.isOver()) {
      if (earlier.isEmpty()) {
        earlier = new ArrayList<>();
      }
      earlier.add(before);
    }
    if (before != null) {
      remember(before.server());
    }
    Attempt<Req, Resp> attempt = new Attempt<>(call, this, writer, queue, previous, tried);
    latest = attempt;
    attempt.start(observation.attempt(previous, transparent));
  }

  /** Keeps a server in mind, which there may be better ones than for another attempt. */
  private void remember(@Nullable Subchannel server) {
    if (server != null && !tried.contains(server)) {
      tried = Stream.concat(tried.stream(), Stream.of(server)).toList();
    }
  }

  /** Returns how many attempts were made. */
  int made() {
    return made;
  }

  /** Whether an attempt is on its way. */
  boolean isRunning() {
    Attempt<Req, Resp> last = latest;
    return (last != null && !last.isOver())
        || earlier.stream().anyMatch(attempt -> !attempt.isOver());
  }

  // Sending ------------------------------------------------------------------------------------

  boolean hasStream() {
    Attempt<Req, Resp> last = latest;
    return (last != null && last.hasStream()) || earlier.stream().anyMatch(Attempt::hasStream);
  }

  /** Writes what is new to all attempts that can take it. */
  void pump() {
    Attempt<Req, Resp> chosen = committed;
    if (chosen != null) {
      chosen.pump();
      return;
    }
    Attempt<Req, Resp> last = latest;
    if (last != null) {
      last.pump();
    }
    for (Attempt<Req, Resp> attempt : earlier) {
      attempt.pump();
    }
  }

  /** Whether the server, or the one of several that is the fastest, reads too slowly. */
  boolean isFull() {
    Attempt<Req, Resp> chosen = committed != null ? committed : latest;
    return chosen != null
        && chosen.isFull()
        && earlier.stream().allMatch(attempt -> attempt.isOver() || attempt.isFull());
  }

  // Committing ---------------------------------------------------------------------------------

  void onHeaders(Attempt<Req, Resp> attempt, Metadata received) {
    if (committed == null) {
      if (recovery != null) {
        recovery.onSuccess();
      }
      commit(attempt);
    }
    call.onHeaders(received);
  }

  /** Commits to the attempt that was made last, because what was sent is too much to keep. */
  void commitToLatest() {
    Attempt<Req, Resp> last = latest;
    if (last != null && !last.isOver()) {
      commit(last);
    }
  }

  private void commit(Attempt<Req, Resp> attempt) {
    committed = attempt;
    if (recovery != null) {
      recovery.stop();
    }
    cancelAllBut(attempt, UNWANTED);
    writer.onCommit(attempt);
  }

  void onStatusKnown(Attempt<Req, Resp> attempt) {
    if (committed == attempt) {
      call.onStatusKnown();
    }
  }

  void drain() {
    Attempt<Req, Resp> chosen = committed;
    if (chosen != null) {
      chosen.drain();
    }
  }

  // The end ------------------------------------------------------------------------------------

  void onEnd(Attempt<Req, Resp> attempt, Status status, Metadata trailers, Attempt.Fate fate) {
    if (call.isClosed() || (committed != null && committed != attempt)) {
      return;
    }
    boolean goesOn = committed == null
        && !status.isOk()
        && !call.deadline().isExpired()
        && (repeatsUnseen(attempt, fate)
            || (recovery != null && recovery.onFailure(status, trailers)));
    if (!goesOn) {
      call.close(status, trailers);
    }
  }

  private boolean repeatsUnseen(Attempt<Req, Resp> attempt, Attempt.Fate fate) {
    boolean repeats = switch (fate) {
      case UNSENT -> unsent++ < MAX_UNSENT;
      case REFUSED -> refused++ < MAX_REFUSED;
      case PROCESSED -> false;
    };
    if (repeats) {
      // In the next turn the connection has seen what ended the stream, and is not chosen again.
      call.context().runOnContext(turn -> {
        if (!call.isClosed() && committed == null) {
          start(attempt.previous(), true);
        }
      });
    }
    return repeats;
  }

  /** Ends whatever there is, because the call has ended. */
  void close(Status status) {
    if (recovery != null) {
      recovery.stop();
    }
    cancelAllBut(null, status.code() == GrpcStatus.DEADLINE_EXCEEDED ? status : UNWANTED);
    observation.closed(status);
  }

  private void cancelAllBut(@Nullable Attempt<Req, Resp> chosen, Status why) {
    for (Attempt<Req, Resp> attempt : earlier) {
      if (attempt != chosen) {
        attempt.cancel(why);
      }
    }
    Attempt<Req, Resp> last = latest;
    if (last != null && last != chosen) {
      last.cancel(why);
    }
  }

  /** Returns the connection of the latest attempt; to be called by any thread. */
  @Nullable
  HttpConnection connection() {
    Attempt<Req, Resp> last = latest;
    return last == null ? null : last.httpConnection();
  }

  /** Returns the server of the attempt that counts, empty without one. */
  String address() {
    Attempt<Req, Resp> chosen = committed != null ? committed : latest;
    return chosen == null ? "" : chosen.address();
  }
}
