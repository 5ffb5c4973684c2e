package dev.grpcbackend.server;

import dev.grpcbackend.transport.Cut;
import dev.grpcbackend.transport.SocketConnection;
import dev.grpcbackend.transport.Standstill;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The life of one connection by the rules, as far as looks at it from time to time can tell: what is
 * due is noticed at the next look.
 */
final class ConnectionLife {

  /** The jitter of gRFC A9. */
  private static final double AGE_SPREAD = 0.1;

  /** Debug data of the GOAWAY, the words of other gRPC servers. */
  private static final String IDLE = "max_idle";

  private static final String OLD = "max_age";

  private final ConnectionRules rules;
  private final Keepalive keepalive;
  private final Standstill head = new Standstill();
  private final Standstill idle = new Standstill();
  private final Standstill silence = new Standstill();
  private final long bornAt;
  private final long oldAfterNanos;
  private SocketConnection connection;
  private @Nullable SocketCounts counts;
  private long pingedAt;
  private boolean pinged;
  private long retiredAt;
  private boolean retired;

  ConnectionLife(
      SocketConnection connection, ConnectionRules rules, Keepalive keepalive, long now) {
    this.connection = connection;
    this.rules = rules;
    this.keepalive = keepalive;
    this.bornAt = now;
    double spread = 1 + AGE_SPREAD * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    this.oldAfterNanos = (long) (rules.maxAge().toNanos() * spread);
    head.look(true, 0, now);
    idle.look(true, 0, now);
  }

  SocketConnection connection() {
    return connection;
  }

  /** Returns what was done with it since somebody wanted to know. */
  SocketCounts counts() {
    SocketCounts known = counts;
    if (known == null) {
      known = new SocketCounts();
      counts = known;
    }
    return known;
  }

  /** It is another object from now on. */
  void connection(SocketConnection connection) {
    this.connection = connection;
  }

  /** Looks at the connection, and ends it, or what is on it, if a rule says so. */
  @Nullable
  Cut look(long now) {
    Cut cut = cut(now);
    if (cut != null) {
      connection.abort(cut.text());
      return cut;
    }
    connection.lookAtPace(now);
    long idleNanos = idle.look(connection.exchanges() == 0, connection.heads(), now);
    if (retired) {
      endRetired(idleNanos, now);
    } else if (isOver(rules.idleTimeout(), idleNanos)) {
      retire(IDLE, now);
    } else if (oldAfterNanos > 0 && now - bornAt >= oldAfterNanos) {
      retire(OLD, now);
    }
    return null;
  }

  private @Nullable Cut cut(long now) {
    long owed = head.look(connection.awaitsHead(), connection.heads(), now);
    if (owed >= rules.headTimeout().toNanos()) {
      return Cut.SLOW_HEAD;
    }
    // Who does not take what it is sent is not read from either, and may be alive: the stalled
    // reader has a rule of its own.
    boolean asked = connection.isHttp2() && connection.exchanges() > 0 && connection.isReading();
    long silent = silence.look(asked, connection.signs(), now);
    if (silent == 0) {
      pinged = false;
    } else if (pinged) {
      return now - pingedAt >= keepalive.timeout().toNanos() ? Cut.UNANSWERED_PING : null;
    } else if (isOver(keepalive.time(), silent)) {
      pinged = true;
      pingedAt = now;
      connection.ping();
    }
    return null;
  }

  private void retire(String reason, long now) {
    retired = true;
    retiredAt = now;
    connection.retire(reason);
  }

  /** It closes by itself after its last call, if the client answers. */
  private void endRetired(long idleNanos, long now) {
    boolean unheard = idleNanos >= keepalive.timeout().toNanos()
        && now - retiredAt >= keepalive.timeout().toNanos();
    if (unheard || now - retiredAt >= rules.maxAgeGrace().toNanos()) {
      connection.abort("the connection was too old");
    }
  }

  private static boolean isOver(Duration limit, long nanos) {
    return !limit.isZero() && nanos >= limit.toNanos();
  }
}
