package dev.grpcbackend.rpc;

import com.google.protobuf.Descriptors.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * One method of a service: its name, its shape, and how its messages are read and written.
 *
 * @param service full name of the service, {@code helloworld.Greeter}
 * @param name simple name of the method, {@code SayHello}
 * @param longLived whether calls stay open by design; they get no default deadline
 * @param descriptor what reflection and JSON know of the method, null where no schema is at hand
 * @param <Req> the request message
 * @param <Resp> the response message
 */
public record Method<Req, Resp>(
    String service,
    String name,
    MethodType type,
    Marshaller<Req> request,
    Marshaller<Resp> response,
    boolean longLived,
    @Nullable MethodDescriptor descriptor) {

  public Method {
    if (service.isEmpty()
        || name.isEmpty()
        || service.indexOf('/') >= 0
        || name.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "method: " + service + "/" + name + " (expected: package.Service/Method)");
    }
  }

  /** Returns the method of a schema; its shape is that of the {@code .proto} file. */
  public static <Req, Resp> Method<Req, Resp> of(
      MethodDescriptor descriptor, Marshaller<Req> request, Marshaller<Resp> response) {
    return new Method<>(
        descriptor.getService().getFullName(),
        descriptor.getName(),
        MethodType.of(descriptor.isClientStreaming(), descriptor.isServerStreaming()),
        request,
        response,
        false,
        descriptor);
  }

  /** Returns this method exempt from the default deadline. */
  public Method<Req, Resp> asLongLived() {
    return new Method<>(service, name, type, request, response, true, descriptor);
  }

  /** {@code helloworld.Greeter/SayHello}. */
  public String fullName() {
    return service + "/" + name;
  }

  /** {@code /helloworld.Greeter/SayHello}, the request's path. */
  public String path() {
    return "/" + service + "/" + name;
  }
}
