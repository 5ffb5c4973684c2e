package dev.grpcbackend.server;

import dev.grpcbackend.options.Expect;
import java.time.Duration;

/**
 * How many connections there may be, and when they end. None is ended by age or for being idle while
 * a call is open, except after {@code maxAgeGrace}.
 *
 * @param max connections at a time on a port; more are closed before a byte is read; 0 for no limit
 * @param maxPerAddress the same from one IPv4 address or one IPv6 network of 64 bits, which is what
 *     one subscriber gets (RFC 6177); 0 for no limit
 * @param headTimeout time for what a client sends first, and for every later head that it has begun
 * @param idleTimeout time without a call after which a connection is closed; 0 for never
 * @param maxAge age after which a connection takes no more calls, give or take a tenth, so that
 *     connections of one moment do not come back in one moment (gRFC A9); 0 for never
 * @param maxAgeGrace time for the calls on it after that
 */
public record ConnectionRules(
    int max,
    int maxPerAddress,
    Duration headTimeout,
    Duration idleTimeout,
    Duration maxAge,
    Duration maxAgeGrace) {

  /** 10,000 and 1,000 connections, 10 s for a head, 5 min idle, any age, 5 min after that. */
  public static final ConnectionRules DEFAULTS = new ConnectionRules(
      10_000,
      1_000,
      Duration.ofSeconds(10),
      Duration.ofMinutes(5),
      Duration.ZERO,
      Duration.ofMinutes(5));

  public ConnectionRules {
    Expect.that(max >= 0, "connections.max", max, ">= 0");
    Expect.that(maxPerAddress >= 0, "connections.maxPerAddress", maxPerAddress, ">= 0");
    Expect.that(
        !headTimeout.isNegative() && !headTimeout.isZero(),
        "connections.headTimeout",
        headTimeout,
        "> 0");
    Expect.that(!idleTimeout.isNegative(), "connections.idleTimeout", idleTimeout, ">= 0");
    Expect.that(!maxAge.isNegative(), "connections.maxAge", maxAge, ">= 0");
    Expect.that(!maxAgeGrace.isNegative(), "connections.maxAgeGrace", maxAgeGrace, ">= 0");
  }
}
