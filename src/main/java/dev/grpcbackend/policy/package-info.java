/**
 * What stands between the wire and a handler: one {@link dev.grpcbackend.call.ServerInterceptor} a
 * class, with what it needs.
 *
 * <p>Depends on {@code call}, {@code rpc} and {@code options}.
 */
@NullMarked
package dev.grpcbackend.policy;

import org.jspecify.annotations.NullMarked;
