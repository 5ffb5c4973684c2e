/** Tests of the client against grpc-java servers and against servers that break the rules. */
@NullMarked
package dev.grpcbackend.client;

import org.jspecify.annotations.NullMarked;
