package dev.grpcbackend.server;

import dev.grpcbackend.protocol.Protocol;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.Handler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Hands each exchange to the protocols that its content type names, one look into a table, and to
 * the first of them that takes it.
 */
final class Gateway implements Handler<Exchange> {

  private static final HeaderBlock ALLOW_POST = HeaderBlock.of("allow", "POST");

  private final Map<String, List<Protocol>> byMediaType = new HashMap<>();
  private final List<Protocol> others;

  Gateway(List<Protocol> protocols) {
    for (Protocol protocol : protocols) {
      for (String mediaType : protocol.mediaTypes()) {
        byMediaType.computeIfAbsent(mediaType, first -> new ArrayList<>()).add(protocol);
      }
    }
    others = byMediaType.getOrDefault(Protocol.ANY, List.of());
  }

  @Override
  public void handle(Exchange exchange) {
    String contentType = exchange.header(HttpHeaderNames.CONTENT_TYPE);
    List<Protocol> candidates = contentType == null ? others : find(contentType);
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.get(i).accept(exchange)) {
        return;
      }
    }
    if (!candidates.isEmpty()) {
      // They would have taken the type; it is the path that nobody has.
      exchange.head(404, HeaderBlock.EMPTY);
    } else if (exchange.method().equals("POST")) {
      exchange.head(415, HeaderBlock.EMPTY);
    } else {
      exchange.head(405, ALLOW_POST);
    }
    exchange.end(null, null);
  }

  private List<Protocol> find(String contentType) {
    List<Protocol> exact = byMediaType.get(contentType);
    if (exact != null) {
      return exact;
    }
    return byMediaType.getOrDefault(Protocol.mediaType(contentType), others);
  }
}
