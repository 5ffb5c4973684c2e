package dev.grpcbackend.call;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import org.jspecify.annotations.Nullable;

/** Finds what the {@code .proto} files say of a method that is registered by name. */
final class MethodSchema {

  private MethodSchema() {}

  static <Req extends Message, Resp extends Message> Method<Req, Resp> method(
      String fullName, MethodType type, Marshaller<Req> request, Marshaller<Resp> response) {
    int slash = fullName.indexOf('/');
    if (slash <= 0 || slash == fullName.length() - 1) {
      throw new IllegalArgumentException(
          "method: " + fullName + " (expected: package.Service/Method)");
    }
    String service = fullName.substring(0, slash);
    String name = fullName.substring(slash + 1);
    Descriptor requestType = request.emptyMessage().getDescriptorForType();
    Descriptor responseType = response.emptyMessage().getDescriptorForType();
    MethodDescriptor found = find(requestType.getFile(), service, name);
    if (found == null) {
      found = find(responseType.getFile(), service, name);
    }
    if (found != null) {
      check(
          fullName,
          "shape",
          type,
          MethodType.of(found.isClientStreaming(), found.isServerStreaming()));
      check(fullName, "request", requestType.getFullName(), found.getInputType().getFullName());
      check(
          fullName,
          "response",
          responseType.getFullName(),
          found.getOutputType().getFullName());
    }
    return new Method<>(service, name, type, request, response, false, found);
  }

  /** Returns the method of a service that {@code file} defines, or null. */
  static @Nullable MethodDescriptor find(FileDescriptor file, String service, String method) {
    for (ServiceDescriptor candidate : file.getServices()) {
      if (candidate.getFullName().equals(service)) {
        return candidate.findMethodByName(method);
      }
    }
    return null;
  }

  private static void check(String method, String what, Object given, Object schema) {
    if (!given.equals(schema)) {
      throw new IllegalArgumentException(method + ": " + what + " " + given + " (expected: "
          + schema + ", as the .proto file says)");
    }
  }
}
