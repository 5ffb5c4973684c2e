package dev.grpcbackend.transport;

/** Why a client was cut off, the whole connection or one exchange. */
public enum Cut {
  /** There were as many connections as there may be. */
  TOO_MANY_CONNECTIONS("too many connections"),

  /** There were as many connections from one address as there may be. */
  TOO_MANY_FROM_ADDRESS("too many connections from one address"),

  /** TLS was not agreed on, or not in time. */
  FAILED_HANDSHAKE("failed TLS handshake"),

  /** A head did not come in time. */
  SLOW_HEAD("slow head"),

  /** The body of a request came more slowly than it may. */
  SLOW_BODY("slow body"),

  /** A response waited too long for its reader. */
  STALLED_READER("stalled reader"),

  /** A ping was not answered. */
  UNANSWERED_PING("unanswered ping"),

  /** The client sent pings more often than it may. */
  TOO_MANY_PINGS("too many pings"),

  /** The client sent too much that carries no call forward. */
  FLOOD("flood"),

  /** More was held for the connection than its share of the memory. */
  TOO_MUCH_HELD("too much memory held"),

  /** The client broke a rule of HTTP that concerns the whole connection. */
  PROTOCOL_ERROR("protocol error");

  private final String text;

  Cut(String text) {
    this.text = text;
  }

  /** Returns it in words, for the log. */
  public String text() {
    return text;
  }
}
