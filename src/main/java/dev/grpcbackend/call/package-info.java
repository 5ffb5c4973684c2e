/**
 * One call on the server, whatever protocol it came by: the call itself, the function that handles
 * it, what may stand between the two, and the table that finds the function by its path.
 *
 * <p>Depends on {@code rpc} and on Vert.x futures and streams; knows no HTTP, but for the classes
 * that let a generated Vert.x stub run on a call.
 */
@NullMarked
package dev.grpcbackend.call;

import org.jspecify.annotations.NullMarked;
