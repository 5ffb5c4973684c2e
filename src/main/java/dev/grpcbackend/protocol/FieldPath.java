package dev.grpcbackend.protocol;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to a field within a message, {@code book.author.name}: through messages, none of them
 * repeated, to a field that a text can be the value of.
 */
final class FieldPath {

  private final List<FieldDescriptor> fields;

  private FieldPath(List<FieldDescriptor> fields) {
    this.fields = fields;
  }

  /**
   * Resolves a dotted path of proto or JSON names.
   *
   * @throws JsonException if a name is unknown, or leads through what is no single message
   */
  static FieldPath of(Descriptor type, String dotted, Json json) throws JsonException {
    List<FieldDescriptor> fields = new ArrayList<>(2);
    Descriptor within = type;
    for (String name : dotted.split("\\.", -1)) {
      if (within == null) {
        throw JsonException.of("there is no field within " + last(fields).getFullName());
      }
      FieldDescriptor field = json.fields(within).get(name);
      if (field == null) {
        throw JsonException.of(
            "unknown field " + FieldText.shown(name) + " of " + within.getFullName());
      }
      fields.add(field);
      boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      within = isMessage && !field.isRepeated() ? field.getMessageType() : null;
    }
    FieldDescriptor last = last(fields);
    if (last.isMapField()
        || (last.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && !WellKnownText.has(last.getMessageType()))) {
      throw JsonException.expected(
          last.getFullName() + " is " + (last.isMapField() ? "a map" : "a message"),
          "a field of one value");
    }
    return new FieldPath(fields);
  }

  /** Returns the first field of the way. */
  FieldDescriptor first() {
    return fields.get(0);
  }

  boolean isRepeated() {
    return last(fields).isRepeated();
  }

  /** Whether this is the way to a field, or to one within it. */
  boolean startsWith(FieldPath other) {
    return fields.size() >= other.fields.size()
        && fields.subList(0, other.fields.size()).equals(other.fields);
  }

  /**
   * Sets the field, or adds to it if it is repeated; what else the message has stays.
   *
   * @throws JsonException if the text is no value of it
   */
  void set(Message.Builder message, String text) throws JsonException {
    set(message, text, 0);
  }

  /** Returns another field of the same oneof that the message has, null if there is none. */
  @Nullable
  FieldDescriptor rival(Message.Builder message) {
    MessageOrBuilder within = message;
    for (FieldDescriptor field : fields) {
      OneofDescriptor oneof = field.getRealContainingOneof();
      if (oneof != null && within.hasOneof(oneof)) {
        FieldDescriptor present = within.getOneofFieldDescriptor(oneof);
        if (!field.equals(present)) {
          return present;
        }
      }
      if (field != last(fields)) {
        within = (Message) within.getField(field);
      }
    }
    return null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FieldPath path && path.fields.equals(fields);
  }

  @Override
  public int hashCode() {
    return fields.hashCode();
  }

  private void set(Message.Builder builder, String text, int depth) throws JsonException {
    FieldDescriptor field = fields.get(depth);
    if (depth < fields.size() - 1) {
      Message.Builder within = ((Message) builder.getField(field)).toBuilder();
      set(within, text, depth + 1);
      builder.setField(field, within.buildPartial());
      return;
    }
    Object value;
    if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      Message.Builder message = builder.newBuilderForField(field);
      WellKnownText.parse(text, message);
      value = message.buildPartial();
    } else {
      value = FieldText.parse(field, text);
    }
    if (field.isRepeated()) {
      builder.addRepeatedField(field, value);
    } else {
      builder.setField(field, value);
    }
  }

  private static FieldDescriptor last(List<FieldDescriptor> fields) {
    return fields.get(fields.size() - 1);
  }
}
