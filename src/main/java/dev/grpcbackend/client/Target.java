package dev.grpcbackend.client;

import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The servers of a channel as users write them.
 *
 * @param text as written, for messages
 * @param addresses where to connect; one that is a name has to be resolved
 * @param host the name for {@code :authority} and the certificate, empty for that of each address
 * @param port the port for {@code :authority}, 0 for that of each address
 * @param nameServer whom to ask for the addresses, null for the servers of this machine
 */
record Target(
    String text,
    List<SocketAddress> addresses,
    String host,
    int port,
    @Nullable SocketAddress nameServer) {

  private static final String UNIX_PREFIX = "unix:";
  private static final String DNS_PREFIX = "dns:";
  private static final String STATIC_PREFIX = "static:";
  private static final int MAX_PORT = 65_535;

  private static final int PORT_OF_DNS = 53;

  /** Of a service, whose records in DNS (SRV) say the ports. */
  private static final int ANY_PORT = 0;

  /** A port that HTTP leaves out of {@code :authority}. */
  private static final int PORT_OF_HTTP = 80;

  /** The same with TLS. */
  private static final int PORT_OF_HTTPS = 443;

  /**
   * Reads {@code host:port}, {@code [ipv6]:port}, several of them with commas or as {@code
   * static:///host:port,host:port}, {@code dns:///host:port}, {@code dns:///_service._tcp.domain} for
   * SRV records, both with the address of a name server before the third slash, or {@code unix:path}.
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
      return of(text, SocketAddress.domainSocketAddress(path));
    }
    boolean list = text.startsWith(STATIC_PREFIX);
    if (list || text.indexOf(',') >= 0) {
      List<SocketAddress> addresses = new ArrayList<>();
      String all = list ? afterScheme(text, STATIC_PREFIX) : text;
      for (String part : all.split(",", -1)) {
        addresses.add(address(text, part.strip()));
      }
      return addresses.size() == 1
          ? of(text, addresses.get(0))
          : new Target(text, List.copyOf(addresses), "", PORT_OF_HTTP, null);
    }
    return text.startsWith(DNS_PREFIX) ? name(text) : of(text, address(text, text));
  }

  /** Returns the target at an address that Vert.x knows. */
  static Target of(SocketAddress address) {
    return of(text(address), address);
  }

  private static Target of(String text, SocketAddress address) {
    return address.isDomainSocket()
        ? new Target(text, List.of(address), "localhost", PORT_OF_HTTP, null)
        : new Target(text, List.of(address), address.host(), address.port(), null);
  }

  /** Returns an address as it is written. */
  static String text(SocketAddress address) {
    if (address.isDomainSocket()) {
      return UNIX_PREFIX + address.path();
    }
    String host = address.host();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.port();
  }

  /** Returns how errors name a server: as the user does, and its address where there are several. */
  String text(SocketAddress address, List<SocketAddress> found) {
    SocketAddress name = unresolved();
    String text = text(address);
    if (name == null || name.port() != address.port()) {
      return text;
    }
    boolean plain = found.size() == 1 || found.stream().allMatch(Target::isLoopback);
    return plain ? text(name) : text(name) + " (" + text + ")";
  }

  /** Whether an address, no name, is one that every machine has for itself. */
  private static boolean isLoopback(SocketAddress address) {
    return address.host().startsWith("127.")
        || address.host().equals("0:0:0:0:0:0:0:1")
        || address.host().equals("::1");
  }

  /** Returns the only address, or the first. */
  SocketAddress address() {
    return addresses.get(0);
  }

  /**
   * Returns the address whose name has to be resolved, null if there is nothing to resolve; with port
   * 0 the name is that of a service.
   */
  @Nullable
  SocketAddress unresolved() {
    SocketAddress first = address();
    boolean name = addresses.size() == 1
        && first.isInetSocket()
        && !NetUtil.isValidIpV4Address(first.host())
        && !NetUtil.isValidIpV6Address(first.host());
    return name ? first : null;
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
            addresses,
            authority.substring(0, colon),
            port(authority, authority.substring(colon + 1)),
            nameServer)
        : new Target(text, addresses, authority, tls ? PORT_OF_HTTPS : PORT_OF_HTTP, nameServer);
  }

  /** Reads what follows {@code dns:}, with a name server between the second and the third slash. */
  private static Target name(String text) {
    String rest = text.substring(DNS_PREFIX.length());
    SocketAddress server = null;
    if (rest.startsWith("//")) {
      int slash = rest.indexOf('/', 2);
      if (slash > 2) {
        server = nameServer(text, rest.substring(2, slash));
      }
      rest = rest.substring(slash < 0 ? 0 : slash + 1);
    }
    if (rest.startsWith("_") && rest.indexOf(':') < 0) {
      String[] labels = rest.split("\\.", 3);
      if (labels.length < 3 || !labels[1].startsWith("_")) {
        throw malformed(text);
      }
      SocketAddress service = SocketAddress.inetSocketAddress(ANY_PORT, rest);
      return new Target(text, List.of(service), labels[2], ANY_PORT, server);
    }
    SocketAddress address = address(text, rest);
    return new Target(text, List.of(address), address.host(), address.port(), server);
  }

  private static SocketAddress nameServer(String text, String server) {
    boolean bare = NetUtil.isValidIpV4Address(server) || server.endsWith("]");
    SocketAddress address = address(text, bare ? server + ":" + PORT_OF_DNS : server);
    if (!NetUtil.isValidIpV4Address(address.host())
        && !NetUtil.isValidIpV6Address(address.host())) {
      throw malformed(text);
    }
    return address;
  }

  private static String afterScheme(String text, String prefix) {
    String rest = text.substring(prefix.length());
    if (rest.startsWith("//")) {
      if (!rest.startsWith("///")) {
        throw malformed(text);
      }
      return rest.substring(3);
    }
    return rest;
  }

  private static SocketAddress address(String text, String hostAndPort) {
    int colon = hostAndPort.lastIndexOf(':');
    if (colon <= 0) {
      throw malformed(text);
    }
    String host = hostAndPort.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw malformed(text);
    }
    return SocketAddress.inetSocketAddress(port(text, hostAndPort.substring(colon + 1)), host);
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
    return new IllegalArgumentException("target: " + text
        + " (expected: host:port with a port of 1 to 65535, dns:///host:port,"
        + " static:///host:port,host:port, or unix:path)");
  }
}
