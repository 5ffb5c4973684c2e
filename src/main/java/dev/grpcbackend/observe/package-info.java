/**
 * What is seen of calls: metrics, the call log, spans. It looks on by {@link
 * dev.grpcbackend.call.CallObserver} and {@link dev.grpcbackend.client.ClientCallObserver}, and changes nothing.
 */
@NullMarked
package dev.grpcbackend.observe;

import org.jspecify.annotations.NullMarked;
