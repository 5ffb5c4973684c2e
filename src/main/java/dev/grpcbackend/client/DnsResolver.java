package dev.grpcbackend.client;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The addresses of a name in the hosts file or in DNS, A and AAAA, by the resolver of Vert.x, which
 * caches them for as long as DNS says. Touches Vert.x internals: the public client for DNS knows
 * neither the hosts file nor search domains.
 */
final class DnsResolver implements Resolver {

  private final Vertx vertx;
  private final SocketAddress name;

  DnsResolver(Vertx vertx, SocketAddress name) {
    this.vertx = vertx;
    this.name = name;
  }

  @Override
  public Future<List<SocketAddress>> resolve() {
    Promise<List<InetSocketAddress>> found = Promise.promise();
    ((VertxInternal) vertx).nameResolver().resolveAll(name.host(), found::handle);
    return found.future().map(addresses -> {
      List<SocketAddress> servers = new ArrayList<>();
      for (InetSocketAddress address : addresses) {
        servers.add(
            SocketAddress.inetSocketAddress(name.port(), address.getAddress().getHostAddress()));
      }
      return servers;
    });
  }
}
