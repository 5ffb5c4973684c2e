/** Tests of {@code dev.grpcbackend.call}. */
package dev.grpcbackend.call;
