/**
 * This project against other implementations of gRPC: grpc-java's interop programs as child
 * processes, its Netty client and server in this one.
 */
@NullMarked
package dev.grpcbackend.interop;

import org.jspecify.annotations.NullMarked;
