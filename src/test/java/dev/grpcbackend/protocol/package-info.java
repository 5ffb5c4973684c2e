/** Tests of {@code dev.grpcbackend.protocol}. */
package dev.grpcbackend.protocol;
