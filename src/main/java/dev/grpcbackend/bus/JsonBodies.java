package dev.grpcbackend.bus;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.buffer.Buffer;

/** The JSON of the messages of one method (ProtoJSON), to and from the bytes that are sent. */
final class JsonBodies {

  private final MethodDescriptor method;
  private final JsonFormat.Parser parser;
  private final JsonFormat.Printer printer;

  JsonBodies(MethodDescriptor method, TypeRegistry types) {
    this.method = method;
    this.parser = JsonFormat.parser().usingTypeRegistry(types);
    this.printer = JsonFormat.printer().usingTypeRegistry(types).omittingInsignificantWhitespace();
  }

  /**
   * Returns the bytes of a request.
   *
   * @throws StatusException INVALID_ARGUMENT if it is no JSON of the message
   */
  Buffer request(String json) {
    Descriptor type = method.getInputType();
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    try {
      parser.merge(json, message);
      return Buffer.buffer(message.build().toByteArray());
    } catch (InvalidProtocolBufferException | RuntimeException other) {
      throw Status.INVALID_ARGUMENT
          .withDescription("body is no " + type.getFullName() + ": " + other.getMessage())
          .asException();
    }
  }

  /**
   * Returns the JSON of a response.
   *
   * @throws StatusException INTERNAL if it is no such message, or has no JSON
   */
  String response(Buffer bytes) {
    Descriptor type = method.getOutputType();
    try {
      return printer.print(DynamicMessage.parseFrom(type, bytes.getBytes()));
    } catch (InvalidProtocolBufferException unknown) {
      throw Status.INTERNAL
          .withDescription("the response is no " + type.getFullName() + " that has JSON")
          .asException();
    }
  }
}
