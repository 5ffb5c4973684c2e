/** Tests of {@code dev.grpcbackend.rpc}. */
@NullMarked
package dev.grpcbackend.rpc;

import org.jspecify.annotations.NullMarked;
