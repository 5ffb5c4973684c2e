package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import io.vertx.core.Future;

/**
 * Stands between a caller and the wire. It may look at the call, wait, add to its {@linkplain
 * ClientCall#requestHeaders request headers}, refuse it with a failed future, or watch how it ends;
 * then it returns what {@code next} returns.
 *
 * <p>Asynchronous by nature: what the caller sends meanwhile is kept, and the deadline counts. Runs on
 * the call's context when the call begins to send, and must not block. It runs once for a call, not
 * for each of its attempts; one instance serves all calls, so it has no state of a call.
 */
@FunctionalInterface
public interface ClientInterceptor {

  /**
   * Lets a call begin.
   *
   * @return the end of the call as {@link ClientCall#trailers()} has it. A {@code StatusException}
   *     before the call has begun ends it with that status, any other failure with INTERNAL
   */
  <Req, Resp> Future<Metadata> intercept(ClientCall<Req, Resp> call, Next next);

  /** What comes after an interceptor: another one, or the wire. */
  @FunctionalInterface
  interface Next {

    /** Lets the call go on; to be called once, by any thread. */
    Future<Metadata> start();
  }
}
