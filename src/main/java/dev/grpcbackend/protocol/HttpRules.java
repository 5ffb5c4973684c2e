package dev.grpcbackend.protocol;

import com.google.api.AnnotationsProto;
import com.google.api.HttpRule;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.List;

/** Finds the {@code google.api.http} rules of a method, the additional ones after the first. */
final class HttpRules {

  private static final ExtensionRegistry EXTENSIONS = extensions();

  private HttpRules() {}

  /**
   * Returns the rules of a method; none if it is not to be reached by REST.
   *
   * @throws IllegalArgumentException if an additional rule has additional rules
   */
  static List<HttpRule> of(MethodDescriptor method) {
    MethodOptions options = known(method.getOptions());
    if (!options.hasExtension(AnnotationsProto.http)) {
      return List.of();
    }
    HttpRule rule = options.getExtension(AnnotationsProto.http);
    List<HttpRule> rules = new ArrayList<>();
    rules.add(rule);
    rules.addAll(rule.getAdditionalBindingsList());
    for (HttpRule additional : rule.getAdditionalBindingsList()) {
      if (additional.getAdditionalBindingsCount() > 0) {
        throw new IllegalArgumentException(
            "additional_bindings within additional_bindings (expected: one level)");
      }
    }
    return rules;
  }

  /** Options of a schema that was loaded at run time do not know their extensions yet. */
  private static MethodOptions known(MethodOptions options) {
    if (options.getUnknownFields().asMap().isEmpty()) {
      return options;
    }
    try {
      return MethodOptions.parseFrom(options.toByteString(), EXTENSIONS);
    } catch (InvalidProtocolBufferException malformed) {
      throw new IllegalArgumentException("malformed google.api.http option", malformed);
    }
  }

  private static ExtensionRegistry extensions() {
    ExtensionRegistry registry = ExtensionRegistry.newInstance();
    AnnotationsProto.registerAllExtensions(registry);
    return registry.getUnmodifiable();
  }
}
