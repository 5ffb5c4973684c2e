/**
 * The words every other package speaks: status, metadata, deadline, method. Values only, no I/O.
 *
 * <p>Depends on the JDK, protobuf and {@code io.vertx.grpc.common}.
 */
@NullMarked
package dev.grpcbackend.rpc;

import org.jspecify.annotations.NullMarked;
