/** Tests of {@code dev.grpcbackend.call}. */
@NullMarked
package dev.grpcbackend.call;

import org.jspecify.annotations.NullMarked;
