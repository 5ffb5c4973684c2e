package dev.grpcbackend.cli;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.Locale;

/** What a symbol is, and the {@code .proto} source that would define it. */
final class ProtoText {

  private ProtoText() {}

  /** {@code a service}, {@code a message}, ... */
  static String kind(GenericDescriptor symbol) {
    if (symbol instanceof ServiceDescriptor) {
      return "a service";
    }
    if (symbol instanceof MethodDescriptor) {
      return "a method";
    }
    if (symbol instanceof Descriptor) {
      return "a message";
    }
    if (symbol instanceof EnumDescriptor) {
      return "an enum";
    }
    if (symbol instanceof EnumValueDescriptor) {
      return "an enum value";
    }
    if (symbol instanceof OneofDescriptor) {
      return "a one-of";
    }
    return symbol instanceof FieldDescriptor field && field.isExtension()
        ? "an extension"
        : "a field";
  }

  static String source(GenericDescriptor symbol) {
    StringBuilder text = new StringBuilder();
    write(symbol, "", text);
    return text.toString().stripTrailing();
  }

  private static void write(GenericDescriptor symbol, String indent, StringBuilder text) {
    if (symbol instanceof ServiceDescriptor service) {
      text.append("service ").append(service.getName()).append(" {\n");
      service.getMethods().forEach(method -> write(method, "  ", text));
      text.append("}\n");
    } else if (symbol instanceof MethodDescriptor method) {
      text.append(indent).append("rpc ").append(method.getName()).append(" ( ");
      text.append(method.isClientStreaming() ? "stream ." : ".");
      text.append(method.getInputType().getFullName()).append(" ) returns ( ");
      text.append(method.isServerStreaming() ? "stream ." : ".");
      text.append(method.getOutputType().getFullName()).append(" );\n");
    } else if (symbol instanceof Descriptor message) {
      writeMessage(message, indent, text);
    } else if (symbol instanceof EnumDescriptor type) {
      text.append(indent).append("enum ").append(type.getName()).append(" {\n");
      type.getValues().forEach(value -> write(value, indent + "  ", text));
      text.append(indent).append("}\n");
    } else if (symbol instanceof EnumValueDescriptor value) {
      text.append(indent)
          .append(value.getName())
          .append(" = ")
          .append(value.getNumber())
          .append(";\n");
    } else if (symbol instanceof OneofDescriptor oneof) {
      text.append(indent).append("oneof ").append(oneof.getName()).append(" {\n");
      oneof.getFields().forEach(field -> write(field, indent + "  ", text));
      text.append(indent).append("}\n");
    } else if (symbol instanceof FieldDescriptor field) {
      text.append(indent).append(label(field)).append(type(field)).append(' ');
      text.append(field.getName()).append(" = ").append(field.getNumber()).append(";\n");
    }
  }

  private static void writeMessage(Descriptor message, String indent, StringBuilder text) {
    text.append(indent).append("message ").append(message.getName()).append(" {\n");
    for (FieldDescriptor field : message.getFields()) {
      if (field.getRealContainingOneof() == null) {
        write(field, indent + "  ", text);
      }
    }
    message.getRealOneofs().forEach(oneof -> write(oneof, indent + "  ", text));
    for (Descriptor nested : message.getNestedTypes()) {
      if (!nested.getOptions().getMapEntry()) {
        writeMessage(nested, indent + "  ", text);
      }
    }
    message.getEnumTypes().forEach(type -> write(type, indent + "  ", text));
    text.append(indent).append("}\n");
  }

  private static String label(FieldDescriptor field) {
    if (field.isMapField()) {
      return "";
    }
    if (field.isRepeated()) {
      return "repeated ";
    }
    return field.toProto().getProto3Optional() ? "optional " : "";
  }

  private static String type(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return "map<" + type(entry.findFieldByNumber(1)) + ", " + type(entry.findFieldByNumber(2))
          + ">";
    }
    return switch (field.getJavaType()) {
      case MESSAGE -> "." + field.getMessageType().getFullName();
      case ENUM -> "." + field.getEnumType().getFullName();
      default -> field.getType().name().toLowerCase(Locale.ROOT);
    };
  }
}
