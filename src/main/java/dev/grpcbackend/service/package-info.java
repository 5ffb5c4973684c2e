/**
 * The services that come with the server: the tutorial's, health and reflection.
 *
 * <p>Depends on {@code call} and {@code rpc}.
 */
@NullMarked
package dev.grpcbackend.service;

import org.jspecify.annotations.NullMarked;
