/** Tests of {@code dev.grpcbackend.service}. */
package dev.grpcbackend.service;
