package dev.grpcbackend.protocol;

import com.google.api.HttpBody;
import com.google.api.HttpRule;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.rpc.MethodType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rule of one method (google/api/http.proto), its names resolved to fields.
 *
 * @param verb the HTTP method, {@code GET}; {@code *} for any
 * @param variables the fields of the template's variables, in their order
 * @param body where the body of the request goes
 * @param responseField the field that is the body of the response, null for the whole message
 */
record RestBinding<Req, Resp>(
    BoundMethod<Req, Resp> method,
    String verb,
    PathTemplate template,
    List<FieldPath> variables,
    Body body,
    @Nullable FieldDescriptor responseField) {

  /** The verb of a rule that leaves it open. */
  static final String ANY_VERB = "*";

  private static final String WHOLE = "*";

  /**
   * Where the body of a request goes: nowhere, so that there may be none; into the whole message; or
   * into one field.
   *
   * @param exists whether there may be a body
   * @param field null for the whole message
   */
  record Body(boolean exists, @Nullable FieldDescriptor field) {

    static final Body NONE = new Body(false, null);
    static final Body MESSAGE = new Body(true, null);

    /** Whether the body is taken as it is, whatever its type (google/api/httpbody.proto). */
    boolean isRaw(Descriptor request) {
      return exists && isHttpBody(field == null ? request : typeOf(field));
    }
  }

  /**
   * Returns the bindings of a method, none if it has no rule.
   *
   * @throws IllegalArgumentException if a rule is none that can be served
   */
  static List<RestBinding<?, ?>> of(BoundMethod<?, ?> method, Json json) {
    MethodDescriptor descriptor = method.method().descriptor();
    if (descriptor == null) {
      return List.of();
    }
    List<RestBinding<?, ?>> bindings = new ArrayList<>();
    try {
      for (HttpRule rule : HttpRules.of(descriptor)) {
        bindings.add(of(method, descriptor, rule, json));
      }
    } catch (IllegalArgumentException | JsonException wrong) {
      throw new IllegalArgumentException(
          "google.api.http of " + method.method().fullName() + ": " + wrong.getMessage(), wrong);
    }
    return bindings;
  }

  /** Returns the type of the request. */
  Descriptor request() {
    return empty(method).getDescriptorForType();
  }

  /** Returns a builder of the request. */
  Message.Builder newRequest() {
    return empty(method).newBuilderForType();
  }

  boolean isStreaming() {
    return !method.method().type().hasSingleResponse();
  }

  /** Whether the messages of the response are content of a type of their own. */
  boolean isRawResponse() {
    MethodDescriptor descriptor = method.method().descriptor();
    return isHttpBody(
        responseField != null
            ? typeOf(responseField)
            : descriptor == null ? null : descriptor.getOutputType());
  }

  /** Whether a type is {@code google.api.HttpBody}: any content, with its type. */
  static boolean isHttpBody(@Nullable Descriptor type) {
    return type != null && type.getFullName().equals(HttpBody.getDescriptor().getFullName());
  }

  /** Returns the type of a field that is one message, null for any other field. */
  static @Nullable Descriptor typeOf(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isRepeated()
        ? field.getMessageType()
        : null;
  }

  private static <Req, Resp> RestBinding<Req, Resp> of(
      BoundMethod<Req, Resp> method, MethodDescriptor descriptor, HttpRule rule, Json json)
      throws JsonException {
    MethodType type = method.method().type();
    if (!type.hasSingleRequest()) {
      throw new IllegalArgumentException(
          "the method takes a stream of requests (expected: one request)");
    }
    String verb = verb(rule);
    PathTemplate template = PathTemplate.parse(path(rule));
    Descriptor request = empty(method).getDescriptorForType();
    List<FieldPath> variables = new ArrayList<>();
    for (PathTemplate.Variable variable : template.variables()) {
      FieldPath field = FieldPath.of(request, variable.fieldPath(), json);
      if (field.isRepeated() || variables.contains(field)) {
        throw new IllegalArgumentException(
            "variable " + variable.fieldPath() + " (expected: a single field, once)");
      }
      variables.add(field);
    }
    FieldDescriptor responseField = rule.getResponseBody().isEmpty()
        ? null
        : field(descriptor.getOutputType(), rule.getResponseBody(), "response_body");
    if (!type.hasSingleResponse()) {
      checkLines(responseField == null ? descriptor.getOutputType() : typeOf(responseField));
    }
    return new RestBinding<>(
        method, verb, template, List.copyOf(variables), body(rule, request), responseField);
  }

  private static Body body(HttpRule rule, Descriptor request) {
    return switch (rule.getBody()) {
      case "" -> Body.NONE;
      case WHOLE -> Body.MESSAGE;
      default -> new Body(true, field(request, rule.getBody(), "body"));
    };
  }

  /** A stream ends with a line that has {@code error}, which no message may look like. */
  private static void checkLines(@Nullable Descriptor type) {
    if (type != null
        && type.getFields().stream().anyMatch(field -> field.getJsonName().equals("error"))) {
      throw new IllegalArgumentException("the messages of the stream, " + type.getFullName()
          + ", have a field error (expected: none, it would look like a failure)");
    }
  }

  private static FieldDescriptor field(Descriptor type, String name, String what) {
    FieldDescriptor field = type.findFieldByName(name);
    if (field == null) {
      throw new IllegalArgumentException(
          what + ": " + name + " (expected: a field of " + type.getFullName() + ")");
    }
    return field;
  }

  private static String verb(HttpRule rule) {
    return switch (rule.getPatternCase()) {
      case CUSTOM -> rule.getCustom().getKind();
      case PATTERN_NOT_SET -> throw new IllegalArgumentException("no pattern (expected: one)");
      default -> rule.getPatternCase().name();
    };
  }

  private static String path(HttpRule rule) {
    return switch (rule.getPatternCase()) {
      case GET -> rule.getGet();
      case PUT -> rule.getPut();
      case POST -> rule.getPost();
      case DELETE -> rule.getDelete();
      case PATCH -> rule.getPatch();
      default -> rule.getCustom().getPath();
    };
  }

  private static Message empty(BoundMethod<?, ?> method) {
    if (method.method().request().emptyMessage() instanceof Message message) {
      return message;
    }
    throw new IllegalArgumentException("the requests are bytes (expected: protobuf messages)");
  }
}
