package dev.grpcbackend.call;

import io.vertx.core.Future;

/**
 * What answers a call. Success of the returned future closes the call with OK; a {@code
 * StatusException} closes it with its status and trailers; anything else, thrown or failed, with
 * UNKNOWN. A null future counts as a failure. Runs on the call's context and must not block.
 *
 * @param <Req> the request message
 * @param <Resp> the response message
 */
@FunctionalInterface
public interface ServerCallHandler<Req, Resp> {

  Future<Void> handle(ServerCall<Req, Resp> call);
}
