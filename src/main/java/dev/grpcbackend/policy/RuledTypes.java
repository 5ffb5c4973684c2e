package dev.grpcbackend.policy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.GeneratedMessage.ExtendableMessage;
import java.util.HashSet;
import java.util.Set;

/** Tells which messages have rules, without a class of what checks them. */
final class RuledTypes {

  /** The number of all extensions of {@code buf/validate/validate.proto}. */
  private static final int RULES = 1159;

  private RuledTypes() {}

  /** Whether a message, or one within it, has a rule. */
  static boolean hasRules(Descriptor type) {
    return hasRules(type, new HashSet<>());
  }

  private static boolean hasRules(Descriptor type, Set<Descriptor> seen) {
    if (!seen.add(type)) {
      return false;
    }
    if (hasRule(type.getOptions())) {
      return true;
    }
    for (OneofDescriptor oneof : type.getOneofs()) {
      if (hasRule(oneof.getOptions())) {
        return true;
      }
    }
    for (FieldDescriptor field : type.getFields()) {
      if (hasRule(field.getOptions())
          || (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              && hasRules(field.getMessageType(), seen))) {
        return true;
      }
    }
    return false;
  }

  /** An option is a field, or an unknown one if nobody has said that there is this extension. */
  private static boolean hasRule(ExtendableMessage<?> options) {
    return options.getUnknownFields().hasField(RULES)
        || options.getAllFields().keySet().stream().anyMatch(option -> option.getNumber() == RULES);
  }
}
