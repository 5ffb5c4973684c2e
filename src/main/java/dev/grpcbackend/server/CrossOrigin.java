package dev.grpcbackend.server;

import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.Handler;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Lets pages of other origins call, in front of all protocols (the Fetch standard, CORS protocol).
 * Answers preflights before anything looks at the path, and adds to every other response what the
 * browser wants to see. A page whose origin is not on the list is served, but cannot read it.
 */
final class CrossOrigin implements Handler<Exchange> {

  private static final String ORIGIN = "origin";
  private static final String REQUEST_METHOD = "access-control-request-method";
  private static final String ALLOW_ORIGIN = "access-control-allow-origin";
  private static final String ALLOW_CREDENTIALS = "access-control-allow-credentials";
  private static final String VARY = "vary";
  private static final String TRAILER_PREFIX = "trailer-";
  private static final String MAX_AGE_SECONDS = "7200";

  /** Headers that the clients of the protocols set. */
  private static final List<String> REQUEST_HEADERS = List.of(
      "content-type",
      "authorization",
      "x-grpc-web",
      "x-user-agent",
      "grpc-timeout",
      "connect-protocol-version",
      "connect-timeout-ms",
      "connect-accept-encoding",
      "connect-content-encoding",
      "grpc-accept-encoding",
      "grpc-encoding");

  /** Headers that the clients of the protocols read. */
  private static final List<String> RESPONSE_HEADERS = List.of(
      "grpc-status",
      "grpc-message",
      "grpc-status-details-bin",
      "grpc-encoding",
      "connect-content-encoding");

  private static final HeaderBlock REFUSED_PREFLIGHT = HeaderBlock.of(
      VARY, String.join(", ", ORIGIN, REQUEST_METHOD, "access-control-request-headers"));

  private final Handler<Exchange> next;
  private final Set<String> origins;
  private final boolean anyOrigin;
  private final boolean credentials;
  private final String methods;
  private final String requestHeaders;
  private final String responseHeaders;

  CrossOrigin(Protocols protocols, Handler<Exchange> next) {
    Protocols.Cors cors = protocols.cors();
    this.next = next;
    this.origins = Set.copyOf(cors.origins());
    this.anyOrigin = cors.origins().contains(Protocols.Cors.ANY_ORIGIN);
    this.credentials = cors.allowCredentials();
    this.methods = protocols.rest()
        ? "GET, POST, PUT, PATCH, DELETE"
        : protocols.connect() ? "GET, POST" : "POST";
    this.requestHeaders = joined(REQUEST_HEADERS, cors.allowedHeaders());
    this.responseHeaders = joined(RESPONSE_HEADERS, cors.exposedHeaders());
  }

  @Override
  public void handle(Exchange exchange) {
    String origin = exchange.header(HttpHeaderNames.ORIGIN);
    if (origin == null) {
      if (exchange.method().equals("GET")) {
        // A cache may keep it, and must not give it to a page.
        exchange.completeHead(CrossOrigin::varying);
      }
      next.handle(exchange);
      return;
    }
    boolean allowed = anyOrigin || origins.contains(origin);
    if (exchange.method().equals("OPTIONS") && exchange.headers().contains(REQUEST_METHOD)) {
      exchange.head(204, allowed ? preflight(origin) : REFUSED_PREFLIGHT);
      exchange.end(null, null);
      return;
    }
    exchange.completeHead(allowed ? head -> shared(head, origin) : CrossOrigin::varying);
    next.handle(exchange);
  }

  private HeaderBlock preflight(String origin) {
    return allow(new HeaderBlock.Builder(), origin)
        .add("access-control-allow-methods", methods)
        .add("access-control-allow-headers", requestHeaders)
        .add("access-control-max-age", MAX_AGE_SECONDS)
        .addAll(REFUSED_PREFLIGHT)
        .build();
  }

  private HeaderBlock shared(HeaderBlock head, String origin) {
    StringBuilder exposed = new StringBuilder(responseHeaders);
    head.forEach((name, value) -> {
      String text = name.toString();
      if (text.startsWith(TRAILER_PREFIX)) {
        exposed.append(", ").append(text);
      }
    });
    return allow(new HeaderBlock.Builder().addAll(head), origin)
        .add("access-control-expose-headers", exposed)
        .add(VARY, ORIGIN)
        .build();
  }

  private HeaderBlock.Builder allow(HeaderBlock.Builder head, String origin) {
    head.add(ALLOW_ORIGIN, anyOrigin ? Protocols.Cors.ANY_ORIGIN : origin);
    return credentials ? head.add(ALLOW_CREDENTIALS, "true") : head;
  }

  private static HeaderBlock varying(HeaderBlock head) {
    return new HeaderBlock.Builder().addAll(head).add(VARY, ORIGIN).build();
  }

  private static String joined(List<String> own, List<String> more) {
    List<String> all = new ArrayList<>(own);
    all.addAll(more);
    return String.join(", ", all);
  }
}
