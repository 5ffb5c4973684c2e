package dev.grpcbackend.policy;

import dev.grpcbackend.call.Peer;
import dev.grpcbackend.call.Principal;
import dev.grpcbackend.rpc.Metadata;
import io.vertx.core.Future;

/**
 * Finds out who makes a call, by what the caller sent before its messages. One instance serves all
 * calls of a server.
 */
@FunctionalInterface
public interface Authenticator {

  /** The answer for a caller who shows no credentials. */
  Future<Principal> NO_CREDENTIALS = Future.succeededFuture(Principal.ANONYMOUS);

  /** Finds nobody. */
  Authenticator NOBODY = (headers, peer) -> NO_CREDENTIALS;

  /**
   * Returns who calls: {@link Principal#ANONYMOUS} if there are no credentials, a failure if there
   * are some that prove nothing. Runs on the context of the call and must not block.
   *
   * <p>Callers get UNAUTHENTICATED with a constant text for every failure but a {@code
   * StatusException} of UNAVAILABLE, which says that nobody can tell at the moment. The log gets the
   * failure's message, so that must have no secret in it.
   */
  Future<Principal> authenticate(Metadata headers, Peer peer);

  /** Returns what asks {@code others}, if this has found no credentials. */
  default Authenticator or(Authenticator others) {
    if (this == NOBODY) {
      return others;
    }
    return (headers, peer) -> {
      Future<Principal> mine = authenticate(headers, peer);
      if (mine.succeeded()) {
        return mine.result().isAnonymous() ? others.authenticate(headers, peer) : mine;
      }
      return mine.compose(
          caller -> caller.isAnonymous() ? others.authenticate(headers, peer) : mine);
    };
  }
}
