package dev.grpcbackend.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.buffer.Buffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request, which becomes a message (google/api/http.proto, section "Rules for HTTP mapping"):
 * the body first, then the query, then the path, which wins. What has no place is an error.
 */
final class RestRequest {

  private final RestBinding<?, ?> binding;
  private final RequestPath path;
  private final String query;
  private final String contentType;
  private final Json json;
  private final int maxBytes;
  private @Nullable Buffer body;

  /**
   * Creates a request without a body.
   *
   * @param query what follows the question mark, empty if nothing does
   * @param contentType of the body, as it was sent
   */
  RestRequest(
      RequestPath path,
      RestBinding<?, ?> binding,
      String query,
      String contentType,
      Json json,
      int maxBytes) {
    this.path = path;
    this.binding = binding;
    this.query = query;
    this.contentType = contentType;
    this.json = json;
    this.maxBytes = maxBytes;
  }

  /** Whether the body has become too large for {@link #add}. */
  boolean isTooLarge(Buffer data) {
    return size() + (long) data.length() > maxBytes;
  }

  /** Returns how many bytes of the body have been added. */
  int size() {
    return body == null ? 0 : body.length();
  }

  /** Adds a copy of the next part of the body. */
  void add(Buffer data) {
    Buffer known = body;
    body = (known == null ? Buffer.buffer(data.length()) : known).appendBuffer(data);
  }

  /** Says that a body is longer than it may be. */
  Status tooLarge() {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "body exceeds the limit of " + maxBytes + " bytes");
  }

  /** Says that there is a body where none may be. */
  static Status unexpectedBody() {
    return Status.INVALID_ARGUMENT.withDescription("a body (expected: none)");
  }

  /**
   * Returns the message.
   *
   * @throws StatusException INVALID_ARGUMENT with the part, the field and the value that is wrong
   */
  Message message() {
    Message.Builder message = binding.newRequest();
    readBody(message);
    readQuery(message);
    readPath(message);
    if (!message.isInitialized()) {
      throw wrong("request", Json.missing(message));
    }
    return message.build();
  }

  private void readBody(Message.Builder message) {
    RestBinding.Body target = binding.body();
    if (!target.exists()) {
      return;
    }
    byte[] bytes = body == null ? new byte[0] : body.getBytes();
    FieldDescriptor field = target.field();
    if (target.isRaw(binding.request())) {
      if (field == null) {
        setRaw(message, bytes);
      } else {
        Message.Builder content = message.newBuilderForField(field);
        setRaw(content, bytes);
        message.setField(field, content.build());
      }
      return;
    }
    if (bytes.length == 0) {
      throw Status.INVALID_ARGUMENT.withDescription("no body (expected: JSON)").asException();
    }
    try {
      if (field == null) {
        json.merge(bytes, 0, bytes.length, message);
      } else {
        json.mergeField(bytes, field, message);
      }
    } catch (JsonException wrong) {
      throw wrong("body", wrong);
    }
  }

  private void setRaw(Message.Builder httpBody, byte[] bytes) {
    Descriptor type = httpBody.getDescriptorForType();
    httpBody.setField(type.findFieldByName("content_type"), contentType);
    httpBody.setField(type.findFieldByName("data"), ByteString.copyFrom(bytes));
  }

  private void readQuery(Message.Builder message) {
    Set<FieldPath> seen = new HashSet<>();
    int start = 0;
    while (start < query.length()) {
      int and = query.indexOf('&', start);
      int end = and < 0 ? query.length() : and;
      if (end > start) {
        int equals = query.indexOf('=', start);
        boolean hasValue = equals >= 0 && equals < end;
        String name = PercentText.query(query.substring(start, hasValue ? equals : end));
        String value = hasValue ? PercentText.query(query.substring(equals + 1, end)) : "";
        try {
          readParameter(name, value, seen, message);
        } catch (JsonException wrong) {
          throw wrong("query parameter " + FieldText.shown(name), wrong);
        }
      }
      start = end + 1;
    }
  }

  private void readParameter(
      String name, String value, Set<FieldPath> seen, Message.Builder message)
      throws JsonException {
    FieldPath field = FieldPath.of(binding.request(), name, json);
    RestBinding.Body target = binding.body();
    if (target.exists() && (target.field() == null || target.field().equals(field.first()))) {
      throw JsonException.of("the field belongs to the body");
    }
    for (FieldPath variable : binding.variables()) {
      if (field.equals(variable)) {
        throw JsonException.of("the field belongs to the path");
      }
    }
    if (!seen.add(field) && !field.isRepeated()) {
      throw JsonException.of("given twice (expected: once)");
    }
    FieldDescriptor rival = field.rival(message);
    if (rival != null) {
      throw JsonException.of(
          "only one field of a oneof may be given, " + rival.getJsonName() + " is");
    }
    field.set(message, value);
  }

  private void readPath(Message.Builder message) {
    List<PathTemplate.Variable> variables = binding.template().variables();
    for (int i = 0; i < variables.size(); i++) {
      PathTemplate.Variable variable = variables.get(i);
      try {
        binding.variables().get(i).set(message, path.value(binding.template(), variable));
      } catch (JsonException wrong) {
        throw wrong("path variable " + variable.fieldPath(), wrong);
      }
    }
  }

  private static StatusException wrong(String where, JsonException wrong) {
    return Status.INVALID_ARGUMENT
        .withDescription(where + ": " + wrong.getMessage())
        .asException();
  }
}
