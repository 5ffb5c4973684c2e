package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.Exchange;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * gRPC-Web, binary and text, over HTTP/1.1 and HTTP/2 (PROTOCOL-WEB). A request in text mode is
 * answered in text; so is one that accepts {@value #TEXT}.
 */
public final class GrpcWebProtocol implements Protocol {

  static final String NAME = "grpc-web";

  static final String TEXT = "application/grpc-web-text";

  private static final String BINARY = "application/grpc-web";
  private static final Status COMPRESSED_TEXT = Status.UNIMPLEMENTED.withDescription(
      "grpc-encoding is not supported in text mode (expected: identity)");
  private static final String PROTO = "+proto";
  private static final String JSON = "+json";

  private final GrpcEntry entry;
  private final RefusedCalls refused;
  private final Map<String, Framing> framings = new HashMap<>();
  private final Map<String, Framing> answeredInText = new HashMap<>();

  public GrpcWebProtocol(MethodTable methods, CallLimits limits, ActiveCalls calls) {
    this.refused = new RefusedCalls(NAME, calls);
    this.entry = new GrpcEntry(methods, limits, calls, refused);
    for (String subtype : Set.of("", PROTO, JSON)) {
      framings.put(BINARY + subtype, new GrpcWebFraming(limits, BINARY + subtype, false));
      answeredInText.put(BINARY + subtype, new GrpcWebFraming(limits, TEXT + subtype, false));
    }
    for (String subtype : Set.of("", PROTO)) {
      framings.put(TEXT + subtype, new GrpcWebFraming(limits, TEXT + subtype, true));
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<String> mediaTypes() {
    return framings.keySet();
  }

  @Override
  public boolean accept(Exchange exchange) {
    if (!exchange.method().equals("POST")) {
      Refusals.wrongVerb(exchange, GrpcProtocol.ALLOW_POST);
      refused.addHttp(exchange, 405);
      return true;
    }
    RequestHead head = RequestHead.read(exchange.headers());
    if (exchange.isHttp2() && head.isMalformed()) {
      exchange.reset(GrpcProtocol.PROTOCOL_ERROR);
      refused.add(exchange, Refusals.MALFORMED);
      return true;
    }
    String mediaType = Protocol.mediaType(head.contentType());
    Framing framing = framings.get(mediaType);
    if (framing == null) {
      return false;
    }
    if (asksForText(exchange.header(HttpHeaderNames.ACCEPT))) {
      framing = answeredInText.getOrDefault(mediaType, framing);
    }
    if (framing.readsText() && head.gzip()) {
      framing.refuse(exchange, 200, COMPRESSED_TEXT);
      refused.add(exchange, COMPRESSED_TEXT);
      return true;
    }
    entry.accept(exchange, head, framing);
    return true;
  }

  private static boolean asksForText(@Nullable String accept) {
    return accept != null && accept.toLowerCase(Locale.ROOT).contains(TEXT);
  }
}
