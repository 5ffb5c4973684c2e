/** What the server answers to each kind of input, seen from the other end of the socket. */
@NullMarked
package dev.grpcbackend.wirecontract;

import org.jspecify.annotations.NullMarked;
