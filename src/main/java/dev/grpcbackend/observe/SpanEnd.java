package dev.grpcbackend.observe;

import dev.grpcbackend.rpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;

/** What the spans of both sides have in common: their events and their end, by gRFC A72. */
final class SpanEnd {

  private static final AttributeKey<Long> SEQUENCE_NUMBER = AttributeKey.longKey("sequence-number");
  private static final AttributeKey<Long> SIZE = AttributeKey.longKey("message-size");
  private static final AttributeKey<Long> COMPRESSED =
      AttributeKey.longKey("message-size-compressed");

  private SpanEnd() {}

  /** Adds a message to a span; a size below 0 is not known. */
  static void message(Span span, String event, long sequenceNumber, int wireBytes, int bytes) {
    span.addEvent(
        event,
        bytes == wireBytes
            ? Attributes.of(SEQUENCE_NUMBER, sequenceNumber, SIZE, (long) bytes)
            : bytes < 0
                ? Attributes.of(SEQUENCE_NUMBER, sequenceNumber, COMPRESSED, (long) wireBytes)
                : Attributes.of(
                    SEQUENCE_NUMBER, sequenceNumber, SIZE, (long) bytes, COMPRESSED, (long)
                        wireBytes));
  }

  static void end(Span span, Status status) {
    span.setAttribute("rpc.grpc.status_code", status.code().code);
    if (status.isOk()) {
      span.setStatus(StatusCode.OK);
    } else {
      String code = status.code().name();
      span.setStatus(
          StatusCode.ERROR,
          status.description().isEmpty() ? code : code + ", " + status.description());
    }
    span.end();
  }
}
