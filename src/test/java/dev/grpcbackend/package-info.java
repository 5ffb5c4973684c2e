/** Rules that hold for all of the sources, and tests that see the project as a whole. */
@NullMarked
package dev.grpcbackend;

import org.jspecify.annotations.NullMarked;
