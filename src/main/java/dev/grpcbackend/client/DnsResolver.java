package dev.grpcbackend.client;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.dns.DnsClient;
import io.vertx.core.dns.DnsClientOptions;
import io.vertx.core.dns.SrvRecord;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a name in the hosts file or in DNS, A and AAAA, or of the services behind it, SRV
 * (RFC 2782). The resolver of Vert.x caches what it asks the servers of this machine for as long as
 * DNS says; another name server is asked anew each time. Touches Vert.x internals: the public client
 * for DNS knows neither the hosts file nor search domains.
 */
final class DnsResolver implements Resolver {

  /** So that an answer is at most that much older than DNS allows. */
  private static final Duration REFRESH = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final SocketAddress name;
  private final @Nullable SocketAddress server;

  /**
   * Creates a resolver.
   *
   * @param name what is looked for; with port 0 a service
   * @param server the name server to ask, null for those of this machine
   */
  DnsResolver(Vertx vertx, SocketAddress name, @Nullable SocketAddress server) {
    this.vertx = vertx;
    this.name = name;
    this.server = server;
  }

  @Override
  public Duration refresh() {
    return REFRESH;
  }

  @Override
  public Future<List<SocketAddress>> resolve() {
    return name.port() == 0 ? services() : addresses(name.host(), name.port());
  }

  /** Those of the records of the first priority that has addresses, heavier ones first. */
  private Future<List<SocketAddress>> services() {
    return asking(dns -> dns.resolveSRV(name.host())).compose(records -> {
      List<SrvRecord> ordered = new ArrayList<>(records);
      ordered.sort(Comparator.comparingInt(SrvRecord::priority)
          .thenComparing(SrvRecord::weight, Comparator.reverseOrder()));
      return services(ordered);
    });
  }

  private Future<List<SocketAddress>> services(List<SrvRecord> ordered) {
    if (ordered.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    int priority = ordered.get(0).priority();
    List<Future<List<SocketAddress>>> first = new ArrayList<>();
    List<SrvRecord> others = new ArrayList<>();
    for (SrvRecord service : ordered) {
      if (service.priority() == priority) {
        first.add(addresses(host(service), service.port()));
      } else {
        others.add(service);
      }
    }
    return Future.join(first).transform(done -> {
      List<SocketAddress> found = new ArrayList<>();
      first.stream().filter(Future::succeeded).forEach(each -> found.addAll(each.result()));
      if (found.isEmpty() && others.isEmpty() && done.failed()) {
        return Future.failedFuture(done.cause());
      }
      return found.isEmpty() ? services(others) : Future.succeededFuture(found);
    });
  }

  private static String host(SrvRecord service) {
    String target = service.target();
    return target.endsWith(".") ? target.substring(0, target.length() - 1) : target;
  }

  private Future<List<SocketAddress>> addresses(String host, int port) {
    return hosts(host)
        .map(hosts -> hosts.stream()
            .map(found -> SocketAddress.inetSocketAddress(port, found))
            .toList());
  }

  private Future<List<String>> hosts(String host) {
    if (server != null) {
      return asking(dns -> {
        Future<List<String>> four = dns.resolveA(host);
        Future<List<String>> six = dns.resolveAAAA(host);
        return Future.join(four, six).transform(done -> {
          List<String> found = new ArrayList<>();
          List.of(four, six).stream()
              .filter(Future::succeeded)
              .forEach(each -> found.addAll(each.result()));
          return found.isEmpty() ? four : Future.succeededFuture(found);
        });
      });
    }
    Promise<List<InetSocketAddress>> found = Promise.promise();
    ((VertxInternal) vertx).nameResolver().resolveAll(host, found::handle);
    return found
        .future()
        .map(all ->
            all.stream().map(address -> address.getAddress().getHostAddress()).toList());
  }

  private <T> Future<T> asking(Function<DnsClient, Future<T>> question) {
    DnsClient dns = server == null
        ? vertx.createDnsClient()
        : vertx.createDnsClient(
            new DnsClientOptions().setHost(server.host()).setPort(server.port()));
    return question.apply(dns).eventually(dns::close);
  }
}
