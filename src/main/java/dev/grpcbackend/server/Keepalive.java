package dev.grpcbackend.server;

import dev.grpcbackend.options.Expect;
import java.time.Duration;

/**
 * Pings of HTTP/2 connections, ours and those of the clients (gRFC A8 and A9).
 *
 * <p>gRPC clients may be set to ping every ten seconds, and other servers end the connections of
 * those that are set below five minutes. A ping costs us less than any call, and is what keeps a
 * quiet stream alive behind a load balancer, so every client that keeps to A8 is served here: half
 * its ten seconds, as a ping may be held up on its way, and with or without calls, as a connection
 * without any ends by {@code connections.idleTimeout}.
 *
 * @param time time without a sign of life after which a client that has calls open is pinged; 0 for
 *     never
 * @param timeout time to answer before the connection is closed and its calls are cancelled
 * @param permitTime time that a client leaves between two pings, apart from those that follow
 *     something of a call that it was sent; the third that comes earlier ends the connection
 * @param permitWithoutCalls whether that also holds without a call; two hours otherwise
 */
public record Keepalive(
    Duration time, Duration timeout, Duration permitTime, boolean permitWithoutCalls) {

  /** Pings after 30 s, waits 10 s; clients every 5 s, with or without calls. */
  public static final Keepalive DEFAULTS =
      new Keepalive(Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(5), true);

  public Keepalive {
    Expect.that(!time.isNegative(), "keepalive.time", time, ">= 0");
    Expect.that(!timeout.isNegative() && !timeout.isZero(), "keepalive.timeout", timeout, "> 0");
    Expect.that(!permitTime.isNegative(), "keepalive.permitTime", permitTime, ">= 0");
  }
}
