/**
 * Calls gRPC servers. {@link dev.grpcbackend.client.Channel} keeps the connections to a server and
 * starts calls; {@link dev.grpcbackend.client.ClientCall} is one call; {@code
 * GrpcClientVerticle} gives a channel the life cycle of a verticle. A channel
 * is a {@code GrpcClient}, so generated Vert.x stubs run on it.
 *
 * <p>Depends on {@code wire}, {@code rpc} and on Vert.x's HTTP client. Every failure is a {@code
 * StatusException}.
 */
@NullMarked
package dev.grpcbackend.client;

import org.jspecify.annotations.NullMarked;
