package dev.grpcbackend.protocol;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.Any;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MetadataHeaders;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Failures in REST: a {@code google.rpc.Status} in JSON under the HTTP status of its code. */
final class RestError {

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.binary("grpc-status-details-bin");

  private RestError() {}

  /** Returns the status as JSON: code, message and details, all three always there. */
  static String text(Status status, Metadata trailers, Json json) {
    StringWriter text = new StringWriter();
    try (JsonWriter writer = new JsonWriter(text)) {
      writer.beginObject();
      writer.name("code").value(status.code().code);
      writer.name("message").value(status.description());
      writer.name("details").beginArray();
      byte[] rich = trailers.get(DETAILS);
      com.google.rpc.Status details = rich == null ? null : RichStatus.parse(rich);
      if (details != null) {
        for (Any detail : details.getDetailsList()) {
          writeDetail(writer, detail, json);
        }
      }
      writer.endArray();
      writer.endObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString();
  }

  /** Answers a request that becomes no call. */
  static void refuse(Exchange exchange, int httpStatus, Status status, Json json) {
    refuse(exchange, httpStatus, status, json, new HeaderBlock.Builder());
  }

  /** Answers a request that becomes no call, with headers beside the content type. */
  static void refuse(
      Exchange exchange, int httpStatus, Status status, Json json, HeaderBlock.Builder headers) {
    end(exchange, httpStatus, text(status, Metadata.EMPTY, json), headers);
  }

  /** Ends an exchange with the status of its call. */
  static void close(
      Exchange exchange,
      int httpStatus,
      Status status,
      Json json,
      Metadata headers,
      Metadata trailers) {
    HeaderBlock.Builder head = new HeaderBlock.Builder();
    MetadataHeaders.write(headers, head::add);
    RestResponse.writeTrailers(trailers, head);
    end(exchange, httpStatus, text(status, trailers, json), head);
  }

  private static void end(
      Exchange exchange, int httpStatus, String body, HeaderBlock.Builder headers) {
    headers.add(GrpcHeaders.CONTENT_TYPE, RestResponse.JSON);
    if (httpStatus == 401) {
      // RFC 9110, section 15.5.2: there has to be one.
      headers.add("www-authenticate", "Bearer");
    }
    exchange.head(httpStatus, headers.build());
    exchange.end(
        exchange.method().equals("HEAD")
            ? null
            : Buffer.buffer(body.getBytes(StandardCharsets.UTF_8)),
        null);
  }

  private static void writeDetail(JsonWriter writer, Any detail, Json json) throws IOException {
    try {
      writer.jsonValue(new String(json.print(detail), StandardCharsets.UTF_8));
    } catch (JsonException unknownType) {
      // The caller may know the type.
      writer.beginObject();
      writer.name("@type").value(detail.getTypeUrl());
      writer
          .name("value")
          .value(Base64.getEncoder().encodeToString(detail.getValue().toByteArray()));
      writer.endObject();
    }
  }
}
