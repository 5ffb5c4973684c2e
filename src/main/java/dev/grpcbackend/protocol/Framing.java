package dev.grpcbackend.protocol;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.Base64Text;
import dev.grpcbackend.wire.MessageDecoder;
import dev.grpcbackend.wire.MessageDeframer;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * How one content type carries a stream of length-prefixed messages: what stands before them and
 * after them, and what their faults are called. One for each content type; immutable, shared by all
 * calls.
 */
abstract class Framing {

  private final MessageDecoder decoder;
  private final int compressionMinBytes;
  private final boolean json;

  /**
   * Creates a framing.
   *
   * @param malformed what a caller earns whose bytes are no messages
   * @param json whether the messages are JSON
   */
  Framing(CallLimits limits, Status malformed, boolean json) {
    this.decoder = new MessageDecoder(limits.maxInboundMessageBytes(), malformed);
    this.compressionMinBytes = limits.compressionMinBytes();
    this.json = json;
  }

  /** Returns the name of the protocol. */
  abstract String protocol();

  /** Returns the head of a response with messages, which may be compressed if {@code gzip}. */
  abstract HeaderBlock head(Metadata headers, boolean gzip);

  /**
   * Returns the head that is a whole response, with the status of a call that failed before its
   * first message; null if this framing has no such head.
   */
  abstract @Nullable HeaderBlock headOnly(Status status, Metadata headers, Metadata trailers);

  /** Returns the trailers that end a response, or adds the frame that ends it to {@code last}. */
  abstract @Nullable HeaderBlock end(Status status, Metadata trailers, MessageFramer last);

  /** Returns the caller's metadata without what belongs to the protocol. */
  abstract Metadata metadata(MultiMap headers);

  /** Whether the request is base64. */
  boolean readsText() {
    return false;
  }

  /** Whether the response is base64. */
  boolean writesText() {
    return false;
  }

  /** Returns what finds the messages of one call. */
  final MessageDeframer deframer(BoundMethod<?, ?> bound, boolean gzip) {
    return new MessageDeframer(decoder.atMost(bound.limits().maxRequestBytes()), gzip);
  }

  /** Returns the failure of a request that ends where no message does. */
  final StatusException endsWithinMessage() {
    return decoder.malformed("the request ends within a message");
  }

  final int compressionMinBytes() {
    return compressionMinBytes;
  }

  final boolean isJson() {
    return json;
  }

  /** Returns what goes out for these bytes. */
  final Buffer encoded(Buffer bytes) {
    return writesText() ? Base64Text.encode(bytes) : bytes;
  }

  /** Answers a request that becomes no call. */
  final void refuse(Exchange exchange, int httpStatus, Status status) {
    HeaderBlock only = headOnly(status, Metadata.EMPTY, Metadata.EMPTY);
    if (only != null) {
      exchange.head(httpStatus, only);
      exchange.end(null, null);
      return;
    }
    MessageFramer body = new MessageFramer();
    HeaderBlock trailers = end(status, Metadata.EMPTY, body);
    exchange.head(httpStatus, head(Metadata.EMPTY, false));
    exchange.end(encoded(body.take()), trailers);
  }
}
