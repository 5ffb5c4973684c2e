/**
 * Calls gRPC servers. {@link dev.grpcbackend.client.Channel} starts calls; {@link
 * dev.grpcbackend.client.ClientCall} is one call; {@code GrpcClientVerticle} gives a channel the life
 * cycle of a verticle. A channel is a {@code GrpcClient}, so generated Vert.x stubs run on it.
 *
 * <p>From the caller to the wire: an {@code HttpCall} is what the user holds, with its one end, its
 * deadline and its messages. {@code Attempts} try it, once where the {@code ServiceConfig} says
 * nothing else; {@code Retries} and {@code Hedges} decide about more. An {@code Attempt} is one stream
 * of HTTP/2. The {@code LoadBalancer} of a target has a {@code Subchannel} for each address that the
 * {@code Resolver} found, a {@code Balancer} decides which of them are connected, and its {@code
 * Picker} which one a call gets. A subchannel has {@code Connection}s, one unless all its streams are
 * taken.
 *
 * <p>What servers and connections do is seen and decided on one event loop, that of the channel; calls
 * live on their callers' contexts, and find a server there by what the channel has published.
 *
 * <p>Depends on {@code wire}, {@code rpc} and on Vert.x's HTTP client. Every failure is a {@code
 * StatusException}.
 */
@NullMarked
package dev.grpcbackend.client;

import org.jspecify.annotations.NullMarked;
