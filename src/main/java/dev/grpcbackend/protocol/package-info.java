/**
 * How calls are carried by HTTP: each protocol reads the head of an exchange, refuses it in its own
 * terms or starts a call, and translates between the bytes of the exchange and the messages of the
 * call. A new protocol is one class here and one line where protocols are listed.
 *
 * <p>Depends on {@code transport}, {@code call}, {@code wire} and {@code rpc}.
 */
@NullMarked
package dev.grpcbackend.protocol;

import org.jspecify.annotations.NullMarked;
