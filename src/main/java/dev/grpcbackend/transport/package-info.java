/**
 * HTTP as the protocols need it: one {@link dev.grpcbackend.transport.Exchange} for each request and
 * response, one {@link dev.grpcbackend.transport.Connection} under many exchanges, and what makes
 * them. Nothing outside this package knows which HTTP implementation is below.
 *
 * <p>Depends on {@code vertx-core} and on {@code call} for the peer.
 */
@NullMarked
package dev.grpcbackend.transport;

import org.jspecify.annotations.NullMarked;
