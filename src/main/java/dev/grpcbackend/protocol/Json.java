package dev.grpcbackend.protocol;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Empty;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Int32Value;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorInfo;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON form of messages (ProtoJSON format), with a registry of all types of the served files, of
 * what they import, and of the standard error details, so that {@code google.protobuf.Any} works.
 * Fields without a value are not printed. Thread-safe.
 */
final class Json {

  private static final byte[] NULL = "null".getBytes(StandardCharsets.UTF_8);

  /** One of each file that an {@code Any} may be expected to draw from. */
  private static final List<Descriptor> STANDARD_TYPES = List.of(
      Any.getDescriptor(),
      Duration.getDescriptor(),
      Empty.getDescriptor(),
      FieldMask.getDescriptor(),
      Int32Value.getDescriptor(),
      Struct.getDescriptor(),
      Timestamp.getDescriptor(),
      ErrorInfo.getDescriptor());

  private final MethodTable methods;
  private final Map<Descriptor, Map<String, FieldDescriptor>> fields = new ConcurrentHashMap<>();
  // Two event loops may both build it; either result is right.
  private volatile @Nullable Types types;

  /** Makes the JSON of a table, which is read when the first message is. */
  Json(MethodTable methods) {
    this.methods = methods;
  }

  private record Types(TypeRegistry registry, JsonFormat.Printer printer) {}

  /**
   * Returns the method with messages in JSON, for one call; null if its messages have none.
   *
   * @param malformed the status of a request that is no JSON of its message
   */
  <Req, Resp> @Nullable Method<Req, Resp> method(Method<Req, Resp> method, Status malformed) {
    if (!(method.request().emptyMessage() instanceof Message)) {
      return null;
    }
    return new Method<>(
        method.service(),
        method.name(),
        method.type(),
        new JsonMarshaller<>(method.request(), this, malformed),
        new JsonMarshaller<>(method.response(), this, malformed),
        method.longLived(),
        method.descriptor());
  }

  /** Reads a whole text into the fields of a message; those that it does not name stay. */
  void merge(byte[] bytes, int offset, int length, Message.Builder into) throws JsonException {
    JsonText text = new JsonText(bytes, offset, length);
    new JsonReader(text, this).message(into);
    text.end();
  }

  /** Reads a whole text into one field of a message. */
  void mergeField(byte[] text, FieldDescriptor field, Message.Builder into) throws JsonException {
    JsonText whole = new JsonText(text, 0, text.length);
    new JsonReader(whole, this).field(field, into);
    whole.end();
  }

  /** Reads a whole text as a message of the type of {@code empty}. */
  Message read(byte[] bytes, int offset, int length, Message empty) throws JsonException {
    Message.Builder builder = empty.newBuilderForType();
    merge(bytes, offset, length, builder);
    if (!builder.isInitialized()) {
      throw JsonException.of(
          "required fields are missing: " + String.join(", ", builder.findInitializationErrors()));
    }
    return builder.build();
  }

  /** The message lacks fields that its schema requires. */
  static JsonException missing(Message.Builder message) {
    return JsonException.expected(
        "required fields are missing", String.join(", ", message.findInitializationErrors()));
  }

  /**
   * Returns the text of a message.
   *
   * @throws JsonException if it has none: an {@code Any} of an unknown type, a timestamp out of range
   */
  byte[] print(MessageOrBuilder message) throws JsonException {
    return print(types().printer(), message).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Returns the text of one field of a message, also if it has no value.
   *
   * @throws JsonException if it has none, see {@link #print}
   */
  byte[] printField(Message message, FieldDescriptor field) throws JsonException {
    Object value = message.getField(field);
    if (value instanceof Message single) {
      return print(single);
    }
    Message alone = message.newBuilderForType().setField(field, value).build();
    JsonFormat.Printer printer = types().printer().includingDefaultValueFields(Set.of(field));
    String object = print(printer, alone);
    if (object.equals("{}")) {
      return NULL;
    }
    // {"name":value}
    int from = field.getJsonName().length() + 4;
    return object.substring(from, object.length() - 1).getBytes(StandardCharsets.UTF_8);
  }

  private static String print(JsonFormat.Printer printer, MessageOrBuilder message)
      throws JsonException {
    try {
      return printer.print(message);
    } catch (InvalidProtocolBufferException | RuntimeException noForm) {
      // JsonFormat throws what it meets on the way: of a timestamp, an IllegalArgumentException.
      throw JsonException.of(
          message.getDescriptorForType().getFullName() + " with a value that has no JSON form");
    }
  }

  /** Returns the fields of a type by the names that JSON may have for them. */
  Map<String, FieldDescriptor> fields(Descriptor type) {
    Map<String, FieldDescriptor> known = fields.get(type);
    return known != null ? known : fields.computeIfAbsent(type, Json::fieldsOf);
  }

  /** Returns the type that an {@code Any} says it holds, null if it is unknown. */
  @Nullable
  Descriptor type(String url) {
    try {
      return types().registry().getDescriptorForTypeUrl(url);
    } catch (InvalidProtocolBufferException malformed) {
      return null;
    }
  }

  private static Map<String, FieldDescriptor> fieldsOf(Descriptor type) {
    Map<String, FieldDescriptor> byName = new HashMap<>();
    type.getFields().forEach(field -> byName.put(field.getName(), field));
    type.getFields().forEach(field -> byName.put(field.getJsonName(), field));
    return byName;
  }

  private Types types() {
    Types built = types;
    if (built == null) {
      TypeRegistry.Builder known = TypeRegistry.newBuilder();
      methods.files().forEach(file -> known.add(file.getMessageTypes()));
      known.add(STANDARD_TYPES);
      TypeRegistry registry = known.build();
      built = new Types(
          registry,
          JsonFormat.printer().usingTypeRegistry(registry).omittingInsignificantWhitespace());
      types = built;
    }
    return built;
  }
}
