/**
 * The two programs that the public Connect conformance suite runs: a server and a client made of this
 * project's public API. {@code src/conformance/run} builds and starts them.
 */
@NullMarked
package dev.grpcbackend.conformance;

import org.jspecify.annotations.NullMarked;
