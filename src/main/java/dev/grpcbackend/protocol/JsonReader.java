package dev.grpcbackend.protocol;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads messages from one JSON text (ProtoJSON format). Stricter than protobuf's own {@code
 * JsonFormat}, which takes the last of several entries of one name, an array of one element for the
 * element, numbers for strings, dates that do not exist, and works for minutes on a number of a
 * million digits; and whose errors do not say which field is wrong.
 */
final class JsonReader {

  private static final String TYPE = "@type";
  private static final String WELL_KNOWN = "google.protobuf.";
  private static final String VALUE = "google.protobuf.Value";
  private static final String NULL_VALUE = "google.protobuf.NullValue";

  private final JsonText text;
  private final Json json;

  JsonReader(JsonText text, Json json) {
    this.text = text;
    this.json = json;
  }

  /** Reads a value of the kind that the builder's type has in JSON, an object for most. */
  void message(Message.Builder builder) throws JsonException {
    Descriptor type = builder.getDescriptorForType();
    if (!type.getFullName().startsWith(WELL_KNOWN)) {
      object(builder, false);
    } else if (WellKnownText.isString(type)) {
      expect('"', "a string");
      WellKnownText.parse(text.string(), builder);
    } else if (WellKnownText.isWrapper(type)) {
      FieldDescriptor value = type.findFieldByName("value");
      builder.setField(value, value(value, builder));
    } else {
      switch (type.getFullName()) {
        case "google.protobuf.Any" -> any(builder);
        case "google.protobuf.Struct" -> map(type.findFieldByName("fields"), builder);
        case "google.protobuf.ListValue" -> list(type.findFieldByName("values"), builder);
        case VALUE -> anyJson(builder);
        default -> object(builder, false);
      }
    }
  }

  /** Reads into a {@code google.protobuf.Value}. */
  private void anyJson(Message.Builder builder) throws JsonException {
    Descriptor type = builder.getDescriptorForType();
    String name = switch (text.peek()) {
      case '{' -> "struct_value";
      case '[' -> "list_value";
      case '"' -> "string_value";
      case '0' -> "number_value";
      case 'n' -> "null_value";
      default -> "bool_value";
    };
    FieldDescriptor field = type.findFieldByName(name);
    builder.setField(field, value(field, builder));
  }

  /** Reads the fields of the message within a {@code google.protobuf.Any}, or its {@code value}. */
  private void any(Message.Builder builder) throws JsonException {
    expect('{', "an object");
    String url = typeUrl(text.copy());
    if (url.isEmpty()) {
      object(builder.getDefaultInstanceForType().newBuilderForType(), true);
      return;
    }
    Descriptor type = json.type(url);
    if (type == null) {
      throw JsonException.expected(FieldText.shown(url), "the URL of a type that is served")
          .within(TYPE);
    }
    Message.Builder content = DynamicMessage.newBuilder(type);
    if (type.getFullName().startsWith(WELL_KNOWN) && hasOwnForm(type)) {
      valueOfAny(content);
    } else {
      object(content, true);
    }
    Descriptor any = builder.getDescriptorForType();
    builder.setField(any.findFieldByName("type_url"), url);
    builder.setField(any.findFieldByName("value"), content.buildPartial().toByteString());
  }

  /** Finds {@code @type}, which may be the last entry; empty for an object without entries. */
  private static String typeUrl(JsonText ahead) throws JsonException {
    ahead.enter('{');
    boolean isEmpty = true;
    for (; ahead.hasNext('}', isEmpty); isEmpty = false) {
      if (ahead.name().equals(TYPE)) {
        if (ahead.peek() == '"') {
          return ahead.string();
        }
        throw JsonException.expected(kind(ahead.peek()), "a string").within(TYPE);
      }
      ahead.skip();
    }
    if (!isEmpty) {
      throw JsonException.expected("no @type", "the type of the message");
    }
    return "";
  }

  private void valueOfAny(Message.Builder content) throws JsonException {
    Set<String> seen = new HashSet<>();
    text.enter('{');
    for (boolean first = true; text.hasNext('}', first); first = false) {
      String name = text.name();
      if (!seen.add(name)) {
        throw twice(name);
      }
      switch (name) {
        case TYPE -> text.skip();
        case "value" -> {
          try {
            message(content);
          } catch (JsonException wrong) {
            throw wrong.within(name);
          }
        }
        default -> throw unknown(name, content.getDescriptorForType());
      }
    }
  }

  /**
   * Reads the entries of an object into the fields of their names.
   *
   * @param inAny whether {@code @type} is not the name of a field
   */
  private void object(Message.Builder builder, boolean inAny) throws JsonException {
    Descriptor type = builder.getDescriptorForType();
    expect('{', "an object");
    Map<String, FieldDescriptor> fields = json.fields(type);
    BitSet seen = new BitSet();
    boolean typeSeen = false;
    text.enter('{');
    for (boolean first = true; text.hasNext('}', first); first = false) {
      String name = text.name();
      if (inAny && name.equals(TYPE)) {
        if (typeSeen) {
          throw twice(name);
        }
        typeSeen = true;
        text.skip();
        continue;
      }
      FieldDescriptor field = fields.get(name);
      if (field == null) {
        throw unknown(name, type);
      }
      if (seen.get(field.getIndex())) {
        throw twice(field.getJsonName());
      }
      seen.set(field.getIndex());
      field(field, builder);
    }
  }

  /** Reads the value of one field: an array for a repeated one, null for none. */
  void field(FieldDescriptor field, Message.Builder builder) throws JsonException {
    try {
      if (text.peek() == 'n' && (field.isRepeated() || !takesNull(field))) {
        text.nothing();
      } else if (field.isMapField()) {
        map(field, builder);
      } else if (field.isRepeated()) {
        list(field, builder);
      } else {
        OneofDescriptor oneof = field.getRealContainingOneof();
        if (oneof != null && builder.hasOneof(oneof)) {
          throw JsonException.of("only one field of " + oneof.getName() + " may be given, "
              + builder.getOneofFieldDescriptor(oneof).getJsonName() + " is");
        }
        builder.setField(field, value(field, builder));
      }
    } catch (JsonException wrong) {
      throw wrong.within(field.getJsonName());
    }
  }

  private static JsonException unknown(String name, Descriptor type) {
    return JsonException.of("unknown field " + FieldText.shown(name) + " of " + type.getFullName());
  }

  private static JsonException twice(String name) {
    return JsonException.of("field " + FieldText.shown(name) + " is given twice");
  }

  private void expect(char kind, String expected) throws JsonException {
    char got = text.peek();
    if (got != kind) {
      throw JsonException.expected(kind(got), expected);
    }
  }

  private void list(FieldDescriptor field, Message.Builder builder) throws JsonException {
    expect('[', "an array");
    text.enter('[');
    int index = 0;
    for (boolean first = true; text.hasNext(']', first); first = false) {
      try {
        builder.addRepeatedField(field, value(field, builder));
      } catch (JsonException wrong) {
        throw wrong.within("[" + index + "]");
      }
      index++;
    }
  }

  private void map(FieldDescriptor field, Message.Builder builder) throws JsonException {
    expect('{', "an object");
    FieldDescriptor keyField = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor valueField = field.getMessageType().findFieldByNumber(2);
    Set<Object> keys = new HashSet<>();
    text.enter('{');
    for (boolean first = true; text.hasNext('}', first); first = false) {
      String name = text.name();
      Object key = FieldText.parse(keyField, name);
      if (!keys.add(key)) {
        throw twice(name);
      }
      Message.Builder entry = builder.newBuilderForField(field);
      entry.setField(keyField, key);
      try {
        entry.setField(valueField, value(valueField, entry));
      } catch (JsonException wrong) {
        throw wrong.within("[" + FieldText.shown(name) + "]");
      }
      builder.addRepeatedField(field, entry.build());
    }
  }

  private Object value(FieldDescriptor field, Message.Builder parent) throws JsonException {
    if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      Message.Builder message = parent.newBuilderForField(field);
      message(message);
      // Required fields are checked once, for the whole.
      return message.buildPartial();
    }
    char kind = text.peek();
    Object value = switch (kind) {
      case '"' -> fromString(field, text.string());
      case '0' -> fromNumber(field, text.number());
      case 't', 'f' -> field.getType() == FieldDescriptor.Type.BOOL ? text.bool() : null;
      case 'n' -> takesNull(field) ? nullValue(field) : null;
      default -> null;
    };
    if (value == null) {
      throw JsonException.expected(kind(kind), FieldText.expected(field));
    }
    return value;
  }

  private static @Nullable Object fromString(FieldDescriptor field, String string)
      throws JsonException {
    return switch (field.getType()) {
      case BOOL -> null;
      case ENUM -> {
        EnumValueDescriptor value = FieldText.named(field, string);
        if (value == null) {
          throw FieldText.wrong(field, string);
        }
        yield value;
      }
      default -> FieldText.parse(field, string);
    };
  }

  private static @Nullable Object fromNumber(FieldDescriptor field, String number)
      throws JsonException {
    return switch (field.getType()) {
      case BOOL, STRING, BYTES -> null;
      default -> FieldText.parse(field, number);
    };
  }

  private EnumValueDescriptor nullValue(FieldDescriptor field) throws JsonException {
    text.nothing();
    return field.getEnumType().findValueByNumber(0);
  }

  /** Whether null is a value of the field, rather than no value. */
  private static boolean takesNull(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName().equals(VALUE);
      case ENUM -> field.getEnumType().getFullName().equals(NULL_VALUE);
      default -> false;
    };
  }

  private static boolean hasOwnForm(Descriptor type) {
    return WellKnownText.has(type)
        || switch (type.getFullName()) {
          case "google.protobuf.Any",
              "google.protobuf.Struct",
              "google.protobuf.ListValue",
              VALUE -> true;
          default -> false;
        };
  }

  private static String kind(char kind) {
    return switch (kind) {
      case '{' -> "an object";
      case '[' -> "an array";
      case '"' -> "a string";
      case '0' -> "a number";
      case 'n' -> "null";
      default -> "a boolean";
    };
  }
}
