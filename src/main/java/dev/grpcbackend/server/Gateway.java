package dev.grpcbackend.server;

import dev.grpcbackend.protocol.Protocol;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import io.vertx.core.Handler;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hands each exchange to the protocol that its content type names: one look into a table. */
final class Gateway implements Handler<Exchange> {

  private static final String CONTENT_TYPE = "content-type";

  private final Map<String, Protocol> byMediaType = new HashMap<>();

  Gateway(List<Protocol> protocols) {
    for (Protocol protocol : protocols) {
      for (String mediaType : protocol.mediaTypes()) {
        byMediaType.put(mediaType, protocol);
      }
    }
  }

  @Override
  public void handle(Exchange exchange) {
    String contentType = exchange.headers().get(CONTENT_TYPE);
    Protocol protocol = contentType == null ? null : find(contentType);
    if (protocol != null) {
      protocol.accept(exchange);
    } else if (exchange.method().equals("POST")) {
      exchange.head(415, HeaderBlock.EMPTY);
      exchange.end(null, null);
    } else {
      exchange.head(405, HeaderBlock.of("allow", "POST"));
      exchange.end(null, null);
    }
  }

  private @Nullable Protocol find(String contentType) {
    Protocol protocol = byMediaType.get(contentType);
    if (protocol != null) {
      return protocol;
    }
    int parameters = contentType.indexOf(';');
    String bare = parameters < 0 ? contentType : contentType.substring(0, parameters);
    return byMediaType.get(bare.strip().toLowerCase(Locale.ROOT));
  }
}
