package dev.grpcbackend.protocol;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.Any;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Connect's JSON for the end of calls (Connect protocol, Error and EndStreamResponse). */
final class ConnectError {

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.binary("grpc-status-details-bin");
  private static final byte[] NOTHING = {'{', '}'};

  private ConnectError() {}

  /** Returns the HTTP status of a code (Connect protocol, Error Codes). */
  static int httpStatus(GrpcStatus code) {
    return switch (code) {
      case OK -> 200;
      case CANCELLED -> 499;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
      case DEADLINE_EXCEEDED -> 504;
      case NOT_FOUND -> 404;
      case ALREADY_EXISTS, ABORTED -> 409;
      case PERMISSION_DENIED -> 403;
      case RESOURCE_EXHAUSTED -> 429;
      case UNIMPLEMENTED -> 501;
      case UNAVAILABLE -> 503;
      case UNAUTHENTICATED -> 401;
      case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
    };
  }

  /** Returns the body of a unary call that failed. */
  static byte[] body(Status status, Metadata trailers) {
    return json(json -> writeError(json, status, trailers));
  }

  /** Returns the last message of a stream. */
  static byte[] endOfStream(Status status, Metadata trailers) {
    if (status.isOk() && trailers.isEmpty()) {
      return NOTHING;
    }
    return json(json -> {
      json.beginObject();
      if (!status.isOk()) {
        json.name("error");
        writeError(json, status, trailers);
      }
      writeMetadata(json, trailers);
      json.endObject();
    });
  }

  private static void writeError(JsonWriter json, Status status, Metadata trailers)
      throws IOException {
    json.beginObject();
    json.name("code").value(name(status.code()));
    if (!status.description().isEmpty()) {
      json.name("message").value(status.description());
    }
    byte[] rich = trailers.get(DETAILS);
    com.google.rpc.Status details = rich == null ? null : RichStatus.parse(rich);
    if (details != null && details.getDetailsCount() > 0) {
      json.name("details").beginArray();
      for (Any detail : details.getDetailsList()) {
        writeDetail(json, detail);
      }
      json.endArray();
    }
    json.endObject();
  }

  private static void writeDetail(JsonWriter json, Any detail) throws IOException {
    String url = detail.getTypeUrl();
    json.beginObject();
    json.name("type").value(url.substring(url.lastIndexOf('/') + 1));
    json.name("value")
        .value(Base64.getEncoder()
            .withoutPadding()
            .encodeToString(detail.getValue().toByteArray()));
    json.endObject();
  }

  private static void writeMetadata(JsonWriter json, Metadata trailers) throws IOException {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    ConnectMetadata.write(
        trailers,
        (name, value) -> byName
            .computeIfAbsent(name.toString(), first -> new ArrayList<>())
            .add(value.toString()));
    if (byName.isEmpty()) {
      return;
    }
    json.name("metadata").beginObject();
    for (Map.Entry<String, List<String>> entry : byName.entrySet()) {
      json.name(entry.getKey()).beginArray();
      for (String value : entry.getValue()) {
        json.value(value);
      }
      json.endArray();
    }
    json.endObject();
  }

  private static String name(GrpcStatus code) {
    // Connect spells it as Americans do.
    return code == GrpcStatus.CANCELLED ? "canceled" : code.name().toLowerCase(Locale.ROOT);
  }

  private interface Content {
    void write(JsonWriter json) throws IOException;
  }

  private static byte[] json(Content content) {
    StringWriter text = new StringWriter();
    JsonWriter writer = new JsonWriter(text);
    try {
      content.write(writer);
      writer.flush();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
