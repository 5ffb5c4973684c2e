package dev.grpcbackend.client;

import io.vertx.core.net.SocketAddress;

/**
 * A server's address as users write it.
 *
 * @param text as written, for messages
 * @param address where to connect
 * @param host the name for {@code :authority} and the certificate
 * @param port the port for {@code :authority}
 */
record Target(String text, SocketAddress address, String host, int port) {

  private static final String UNIX_PREFIX = "unix:";
  private static final int MAX_PORT = 65_535;

  /** A port that HTTP leaves out of {@code :authority}. */
  private static final int PORT_OF_HTTP = 80;

  /** The same with TLS. */
  private static final int PORT_OF_HTTPS = 443;

  /**
   * Reads {@code host:port}, {@code [ipv6]:port} or {@code unix:path}.
   *
   * @throws IllegalArgumentException for anything else
   */
  static Target parse(String text) {
    if (text.startsWith(UNIX_PREFIX)) {
      String path = text.substring(UNIX_PREFIX.length());
      if (path.startsWith("//")) {
        path = path.substring(2);
      }
      if (path.isEmpty()) {
        throw malformed(text);
      }
      return new Target(text, SocketAddress.domainSocketAddress(path), "localhost", PORT_OF_HTTP);
    }
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw malformed(text);
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw malformed(text);
    }
    int port = port(text, text.substring(colon + 1));
    return new Target(text, SocketAddress.inetSocketAddress(port, host), host, port);
  }

  /** Returns the target at an address that Vert.x knows. */
  static Target of(SocketAddress address) {
    return address.isDomainSocket()
        ? new Target(UNIX_PREFIX + address.path(), address, "localhost", PORT_OF_HTTP)
        : new Target(
            address.host() + ":" + address.port(), address, address.host(), address.port());
  }

  /**
   * Returns this target under another name, {@code host} or {@code host:port}; without a port it is
   * that of the scheme, which is not written into {@code :authority}.
   */
  Target named(String authority, boolean tls) {
    if (authority.isEmpty()) {
      return this;
    }
    int colon = authority.lastIndexOf(':');
    boolean singleColon = colon > authority.lastIndexOf(']') && authority.indexOf(':') == colon;
    boolean hasPort = singleColon || (authority.startsWith("[") && colon > authority.indexOf(']'));
    return hasPort
        ? new Target(
            text,
            address,
            authority.substring(0, colon),
            port(authority, authority.substring(colon + 1)))
        : new Target(text, address, authority, tls ? PORT_OF_HTTPS : PORT_OF_HTTP);
  }

  private static int port(String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port > 0 && port <= MAX_PORT) {
        return port;
      }
    } catch (NumberFormatException noNumber) {
      throw malformed(text);
    }
    throw malformed(text);
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        "target: " + text + " (expected: host:port with a port of 1 to 65535, or unix:path)");
  }
}
