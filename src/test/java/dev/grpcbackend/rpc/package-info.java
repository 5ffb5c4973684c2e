/** Tests of {@code dev.grpcbackend.rpc}. */
package dev.grpcbackend.rpc;
