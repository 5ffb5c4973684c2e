/**
 * Calls from the Vert.x event bus: what other verticles, on any node of a cluster and in any language,
 * send to an address becomes calls of a channel.
 *
 * <p>Depends on {@code client}, {@code schema}, {@code wire}, {@code options} and {@code rpc}.
 */
@NullMarked
package dev.grpcbackend.bus;

import org.jspecify.annotations.NullMarked;
