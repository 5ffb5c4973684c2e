/**
 * The server as a user deploys it: a request handler for any HTTP server, and a verticle that brings
 * its own, with its options and its orderly end.
 *
 * <p>Depends on {@code protocol}, {@code transport}, {@code service}, {@code options}, {@code call}
 * and {@code rpc}.
 */
@NullMarked
package dev.grpcbackend.server;

import org.jspecify.annotations.NullMarked;
