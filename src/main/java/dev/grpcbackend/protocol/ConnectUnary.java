package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MessageDecoder;
import dev.grpcbackend.wire.StatusHeaders;
import io.vertx.core.buffer.Buffer;

/**
 * How one content type carries a unary call of Connect (Connect protocol, Unary-Response): bare
 * messages, trailers among the headers, errors in JSON under an HTTP status of their own. One for
 * each content type; immutable, shared by all calls.
 */
final class ConnectUnary {

  private static final String ACCEPT_ENCODING = "accept-encoding";
  private static final String TRAILER_PREFIX = "trailer-";
  private static final String ERROR_TYPE = "application/json";

  private final String contentType;
  private final boolean json;
  private final MessageDecoder decoder;
  private final int compressionMinBytes;
  private final ConnectError errors;
  private final HeaderBlock plainHead;

  ConnectUnary(CallLimits limits, String contentType, boolean json, ConnectError errors) {
    this.errors = errors;
    this.contentType = contentType;
    this.json = json;
    this.decoder = new MessageDecoder(limits.maxInboundMessageBytes(), Status.INVALID_ARGUMENT);
    this.compressionMinBytes = limits.compressionMinBytes();
    this.plainHead = headBuilder(contentType, Metadata.EMPTY, Metadata.EMPTY).build();
  }

  boolean isJson() {
    return json;
  }

  MessageDecoder decoder() {
    return decoder;
  }

  int compressionMinBytes() {
    return compressionMinBytes;
  }

  /**
   * Ends an exchange with a message.
   *
   * @param cacheable whether the request was a GET, whose response depends on what it accepts
   */
  void succeed(
      Exchange exchange,
      Buffer message,
      boolean gzip,
      boolean cacheable,
      Metadata headers,
      Metadata trailers) {
    if (!gzip && !cacheable && headers.isEmpty() && trailers.isEmpty()) {
      exchange.head(200, plainHead);
    } else {
      HeaderBlock.Builder head = headBuilder(contentType, headers, trailers);
      if (gzip) {
        head.add("content-encoding", GrpcHeaders.GZIP);
      }
      if (cacheable) {
        head.add("vary", ACCEPT_ENCODING);
      }
      exchange.head(200, head.build());
    }
    exchange.end(message, null);
  }

  /** Ends an exchange with an error. */
  void fail(Exchange exchange, int httpStatus, Status status, Metadata headers, Metadata trailers) {
    exchange.head(httpStatus, headBuilder(ERROR_TYPE, headers, trailers).build());
    exchange.end(Buffer.buffer(errors.body(status, trailers)), null);
  }

  /** Answers a request that becomes no call. */
  void refuse(Exchange exchange, Status status) {
    refuse(exchange, status, HttpStatus.of(status.code()));
  }

  /** Answers a request that becomes no call, where the HTTP status says more than the code's own. */
  void refuse(Exchange exchange, Status status, int httpStatus) {
    fail(exchange, httpStatus, status, Metadata.EMPTY, Metadata.EMPTY);
  }

  private static HeaderBlock.Builder headBuilder(
      String contentType, Metadata headers, Metadata trailers) {
    HeaderBlock.Builder head = new HeaderBlock.Builder()
        .add(GrpcHeaders.CONTENT_TYPE, contentType)
        .add(ACCEPT_ENCODING, GrpcHeaders.GZIP);
    ConnectMetadata.write(headers, head::add);
    ConnectMetadata.write(
        StatusHeaders.fitting(trailers), (name, value) -> head.add(TRAILER_PREFIX + name, value));
    return head;
  }
}
