package dev.grpcbackend.protocol;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
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
import org.jspecify.annotations.Nullable;

/** Connect's JSON for the end of calls (Connect protocol, Error and EndStreamResponse). Immutable. */
final class ConnectError {

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.binary("grpc-status-details-bin");
  private static final byte[] NOTHING = {'{', '}'};

  private final Json json;

  /** Makes errors whose details are shown in JSON too, as far as their types are known. */
  ConnectError(Json json) {
    this.json = json;
  }

  /** Returns the body of a unary call that failed. */
  byte[] body(Status status, Metadata trailers) {
    return json(out -> writeError(out, status, trailers));
  }

  /** Returns the last message of a stream. */
  byte[] endOfStream(Status status, Metadata trailers) {
    if (status.isOk() && trailers.isEmpty()) {
      return NOTHING;
    }
    return json(out -> {
      out.beginObject();
      if (!status.isOk()) {
        out.name("error");
        writeError(out, status, trailers);
      }
      writeMetadata(out, trailers);
      out.endObject();
    });
  }

  private void writeError(JsonWriter out, Status status, Metadata trailers) throws IOException {
    out.beginObject();
    out.name("code").value(name(status.code()));
    if (!status.description().isEmpty()) {
      out.name("message").value(status.description());
    }
    byte[] rich = trailers.get(DETAILS);
    com.google.rpc.Status details = rich == null ? null : RichStatus.parse(rich);
    if (details != null && details.getDetailsCount() > 0) {
      out.name("details").beginArray();
      for (Any detail : details.getDetailsList()) {
        writeDetail(out, detail);
      }
      out.endArray();
    }
    out.endObject();
  }

  private void writeDetail(JsonWriter out, Any detail) throws IOException {
    String url = detail.getTypeUrl();
    out.beginObject();
    out.name("type").value(url.substring(url.lastIndexOf('/') + 1));
    out.name("value")
        .value(Base64.getEncoder()
            .withoutPadding()
            .encodeToString(detail.getValue().toByteArray()));
    String debug = debug(detail);
    if (debug != null) {
      out.name("debug").jsonValue(debug);
    }
    out.endObject();
  }

  private @Nullable String debug(Any detail) {
    Descriptor type = json.type(detail.getTypeUrl());
    if (type == null) {
      return null;
    }
    try {
      Message message = DynamicMessage.parseFrom(type, detail.getValue());
      return new String(json.print(message), StandardCharsets.UTF_8);
    } catch (InvalidProtocolBufferException | JsonException unreadable) {
      return null;
    }
  }

  private static void writeMetadata(JsonWriter out, Metadata trailers) throws IOException {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    ConnectMetadata.write(
        trailers,
        (name, value) -> byName
            .computeIfAbsent(name.toString(), first -> new ArrayList<>())
            .add(value.toString()));
    if (byName.isEmpty()) {
      return;
    }
    out.name("metadata").beginObject();
    for (Map.Entry<String, List<String>> entry : byName.entrySet()) {
      out.name(entry.getKey()).beginArray();
      for (String value : entry.getValue()) {
        out.value(value);
      }
      out.endArray();
    }
    out.endObject();
  }

  private static String name(GrpcStatus code) {
    // Connect spells it as Americans do.
    return code == GrpcStatus.CANCELLED ? "canceled" : code.name().toLowerCase(Locale.ROOT);
  }

  private interface Content {
    void write(JsonWriter out) throws IOException;
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
