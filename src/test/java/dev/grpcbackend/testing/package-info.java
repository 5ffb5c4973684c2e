/** What tests share: servers on free ports, and peers that speak to them. */
@NullMarked
package dev.grpcbackend.testing;

import org.jspecify.annotations.NullMarked;
