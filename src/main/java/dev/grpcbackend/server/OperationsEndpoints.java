package dev.grpcbackend.server;

import dev.grpcbackend.policy.AccessControl;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.MetadataHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers GET of the few paths that operators ask for, and hands on everything else: the words of
 * Kubernetes ({@code /livez}, {@code /readyz}) and the older ones, and Prometheus's {@code /metrics}.
 */
final class OperationsEndpoints implements Handler<Exchange> {

  private static final HeaderBlock ALLOW_GET = HeaderBlock.of("allow", "GET, HEAD");
  private static final HeaderBlock JSON = HeaderBlock.of("content-type", "application/json");

  private static final HeaderBlock BEARER = HeaderBlock.of("www-authenticate", "Bearer");

  private final Management management;
  private final @Nullable AccessControl access;
  private final Handler<Exchange> next;
  private final Map<String, Handler<Exchange>> paths = Map.of(
      "/health", this::live,
      "/livez", this::live,
      "/ready", this::ready,
      "/readyz", this::ready,
      "/metrics", this::metrics);

  /**
   * Creates the endpoints of an address.
   *
   * @param access who may see the metrics; null if whoever can reach the address may
   * @param next what gets everything else
   */
  OperationsEndpoints(
      Management management, @Nullable AccessControl access, Handler<Exchange> next) {
    this.management = management;
    this.access = access;
    this.next = next;
  }

  /** Answers what is asked for at an address that has nothing else. */
  static void unknown(Exchange exchange) {
    refuse(exchange, 404, HeaderBlock.EMPTY);
  }

  @Override
  public void handle(Exchange exchange) {
    if (exchange.method().equals("POST")) {
      next.handle(exchange);
      return;
    }
    String target = exchange.target();
    int query = target.indexOf('?');
    Handler<Exchange> answer = paths.get(query < 0 ? target : target.substring(0, query));
    if (answer == null) {
      next.handle(exchange);
    } else if (exchange.method().equals("GET") || exchange.method().equals("HEAD")) {
      answer.handle(exchange);
    } else {
      refuse(exchange, 405, ALLOW_GET);
    }
  }

  private void live(Exchange exchange) {
    boolean live = management.isLive();
    answer(exchange, live ? 200 : 503, JSON, "{\"live\":" + live + "}\n");
  }

  private void ready(Exchange exchange) {
    boolean ready = management.isReady();
    StringBuilder services = new StringBuilder();
    // Names and statuses are words of protobuf: nothing in them to escape.
    management
        .services()
        .forEach((name, status) -> services
            .append(services.isEmpty() ? "" : ",")
            .append('"')
            .append(name)
            .append("\":\"")
            .append(status)
            .append('"'));
    String body = "{\"ready\":" + ready + ",\"services\":{" + services + "}}\n";
    answer(exchange, ready ? 200 : 503, JSON, body);
  }

  private void metrics(Exchange exchange) {
    MetricsPage page = management.metrics();
    if (page == null) {
      unknown(exchange);
      return;
    }
    AccessControl guard = access;
    if (guard == null) {
      metrics(exchange, page);
      return;
    }
    Metadata headers;
    try {
      headers = MetadataHeaders.read(exchange.headers());
    } catch (StatusException malformed) {
      refuse(exchange, 400, HeaderBlock.EMPTY);
      return;
    }
    guard
        .admitToMetrics(headers, exchange.connection())
        .onComplete(answer -> exchange.context().runOnContext(turn -> {
          if (answer.succeeded()) {
            metrics(exchange, page);
          } else {
            refuse(exchange, answer.cause());
          }
        }));
  }

  private static void refuse(Exchange exchange, @Nullable Throwable cause) {
    GrpcStatus code =
        cause instanceof StatusException refusal ? refusal.code() : GrpcStatus.UNKNOWN;
    switch (code) {
      case UNAUTHENTICATED -> refuse(exchange, 401, BEARER);
      case PERMISSION_DENIED -> refuse(exchange, 403, HeaderBlock.EMPTY);
      default -> refuse(exchange, 503, HeaderBlock.EMPTY);
    }
  }

  private static void refuse(Exchange exchange, int status, HeaderBlock head) {
    exchange.head(status, head);
    exchange.end(null, null);
  }

  private static void metrics(Exchange exchange, MetricsPage page) {
    String type = page.contentType(exchange.header(HttpHeaderNames.ACCEPT));
    // Off the event loop: the page may be long, and the reading of some values takes locks.
    exchange
        .context()
        .executeBlocking(() -> page.text(type))
        .onSuccess(text -> answer(exchange, 200, HeaderBlock.of("content-type", type), text))
        .onFailure(failure -> {
          page.failed(failure);
          refuse(exchange, 500, HeaderBlock.EMPTY);
        });
  }

  private static void answer(Exchange exchange, int status, HeaderBlock head, String body) {
    exchange.head(status, head);
    exchange.end(exchange.method().equals("HEAD") ? null : Buffer.buffer(body), null);
  }
}
