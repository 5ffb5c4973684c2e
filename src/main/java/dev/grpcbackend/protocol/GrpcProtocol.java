package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import java.util.Set;

/**
 * gRPC over HTTP/2 (PROTOCOL-HTTP2). Every refusal carries a gRPC status, except that of a wrong
 * verb or version.
 */
public final class GrpcProtocol implements Protocol {

  static final String NAME = "grpc";

  static final HeaderBlock ALLOW_POST = HeaderBlock.of("allow", "POST");

  /** RFC 9113, section 7. */
  static final long PROTOCOL_ERROR = 1;

  private static final String PLAIN = "application/grpc";
  private static final String PROTO = "application/grpc+proto";
  private static final String JSON = "application/grpc+json";

  private final GrpcEntry entry;
  private final RefusedCalls refused;
  private final Framing plain;
  private final Framing proto;
  private final Framing json;

  public GrpcProtocol(MethodTable methods, CallLimits limits, ActiveCalls calls) {
    this.refused = new RefusedCalls(NAME, calls);
    this.entry = new GrpcEntry(methods, limits, calls, refused);
    this.plain = new GrpcFraming(limits, PLAIN, false);
    this.proto = new GrpcFraming(limits, PROTO, false);
    this.json = new GrpcFraming(limits, JSON, true);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<String> mediaTypes() {
    return Set.of(PLAIN, PROTO, JSON);
  }

  @Override
  public boolean accept(Exchange exchange) {
    if (!exchange.isHttp2()) {
      // The usual cause is a TLS client without ALPN; it has to hear what was expected.
      Refusals.needsHttp2(exchange);
      refused.addHttp(exchange, 505);
      return true;
    }
    if (!exchange.method().equals("POST")) {
      Refusals.wrongVerb(exchange, ALLOW_POST);
      refused.addHttp(exchange, 405);
      return true;
    }
    RequestHead head = RequestHead.read(exchange.headers());
    if (head.isMalformed()) {
      exchange.reset(PROTOCOL_ERROR);
      refused.add(exchange, Refusals.MALFORMED);
      return true;
    }
    entry.accept(exchange, head, framing(head.contentType()));
    return true;
  }

  private Framing framing(String contentType) {
    if (contentType.equals(PLAIN)) {
      return plain;
    }
    return switch (Protocol.mediaType(contentType)) {
      case PROTO -> proto;
      case JSON -> json;
      default -> plain;
    };
  }
}
