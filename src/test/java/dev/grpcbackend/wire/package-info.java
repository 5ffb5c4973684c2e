/** Tests of {@code dev.grpcbackend.wire}. */
@NullMarked
package dev.grpcbackend.wire;

import org.jspecify.annotations.NullMarked;
