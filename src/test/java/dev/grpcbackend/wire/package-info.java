/** Tests of {@code dev.grpcbackend.wire}. */
package dev.grpcbackend.wire;
