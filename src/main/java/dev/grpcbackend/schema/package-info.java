/**
 * What is known of the services of other servers: their schemas, wherever they come from.
 *
 * <p>Depends on {@code client}, {@code options} and {@code rpc}.
 */
@NullMarked
package dev.grpcbackend.schema;

import org.jspecify.annotations.NullMarked;
