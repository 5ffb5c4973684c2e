/**
 * The gRPC wire format as values: length-prefixed messages, gzip, timeouts, status and metadata in
 * headers. Shared by the server's protocols and the client; no I/O, no state beyond one stream.
 *
 * <p>Depends on {@code rpc} and on Vert.x's {@code Buffer} and {@code MultiMap}.
 */
@NullMarked
package dev.grpcbackend.wire;

import org.jspecify.annotations.NullMarked;
