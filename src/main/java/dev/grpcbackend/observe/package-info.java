/**
 * What is seen of calls: metrics and the call log. It looks on by {@link
 * dev.grpcbackend.call.CallObserver} and changes nothing.
 */
@NullMarked
package dev.grpcbackend.observe;

import org.jspecify.annotations.NullMarked;
