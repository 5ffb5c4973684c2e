package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.MessageFramer;
import dev.grpcbackend.wire.StatusHeaders;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * gRPC-Web's framing (PROTOCOL-WEB, Message framing): as gRPC's, but the status is a last frame of
 * the body, always, so that a page sees it without a word in CORS headers. In text mode all of the
 * body is base64.
 */
final class GrpcWebFraming extends GrpcFraming {

  private static final int TRAILERS = 0x80;

  private final boolean readsText;
  private final boolean writesText;

  /**
   * Creates a framing.
   *
   * @param contentType of the response
   * @param readsText whether the request is base64; the response is if its content type says so
   */
  GrpcWebFraming(CallLimits limits, String contentType, boolean readsText) {
    super(limits, contentType, contentType.endsWith("+json"));
    this.readsText = readsText;
    this.writesText = contentType.startsWith(GrpcWebProtocol.TEXT);
  }

  @Override
  String protocol() {
    return GrpcWebProtocol.NAME;
  }

  @Override
  boolean readsText() {
    return readsText;
  }

  @Override
  boolean writesText() {
    return writesText;
  }

  @Override
  @Nullable
  HeaderBlock headOnly(Status status, Metadata headers, Metadata trailers) {
    return null;
  }

  @Override
  @Nullable
  HeaderBlock end(Status status, Metadata trailers, MessageFramer last) {
    StringBuilder lines = new StringBuilder();
    StatusHeaders.write(
        status,
        trailers,
        (name, value) -> lines.append(name).append(": ").append(value).append("\r\n"));
    last.append(TRAILERS, lines.toString().getBytes(StandardCharsets.US_ASCII));
    return null;
  }
}
