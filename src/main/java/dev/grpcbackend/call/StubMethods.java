package dev.grpcbackend.call;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.GrpcServerRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Binds the methods of generated Vert.x stubs, and handlers of raw buffers. The codecs that every
 * generated stub has are recognized and replaced by a {@link Marshaller}, which copies nothing; a
 * user's own codecs are used as they are.
 */
public final class StubMethods {

  /** The class of the decoders in generated code; there is one for all messages. */
  private static final Class<?> GENERATED_DECODER =
      GrpcMessageDecoder.decoder(Empty.getDefaultInstance()).getClass();

  private StubMethods() {}

  /**
   * Returns the method of a stub, answered by {@code handler}.
   *
   * @param service the schema of its service; null to look for it in the file of the request type
   */
  public static <Req, Resp> BoundMethod<Req, Resp> bind(
      ServiceMethod<Req, Resp> stub,
      @Nullable ServiceDescriptor service,
      Handler<GrpcServerRequest<Req, Resp>> handler) {
    Marshaller<Req> request = requestMarshaller(stub.decoder());
    String serviceName = stub.serviceName().fullyQualifiedName();
    MethodDescriptor descriptor = null;
    if (service != null) {
      descriptor = service.findMethodByName(stub.methodName());
    } else if (request.emptyMessage() instanceof Message message) {
      descriptor = MethodSchema.find(
          message.getDescriptorForType().getFile(), serviceName, stub.methodName());
    }
    // Without a schema the general shape is right for any method, if less strict.
    MethodType type = descriptor == null
        ? MethodType.BIDI_STREAMING
        : MethodType.of(descriptor.isClientStreaming(), descriptor.isServerStreaming());
    Method<Req, Resp> method = new Method<>(
        serviceName,
        stub.methodName(),
        type,
        request,
        new ResponseMarshaller<>(),
        false,
        descriptor);
    return new BoundMethod<>(method, new StubHandler<>(stub.encoder(), handler));
  }

  /** Returns the method for a path that no schema knows, its messages left as bytes. */
  public static BoundMethod<Buffer, Buffer> raw(
      String service, String name, Handler<GrpcServerRequest<Buffer, Buffer>> handler) {
    ServiceMethod<Buffer, Buffer> stub = ServiceMethod.server(
        io.vertx.grpc.common.ServiceName.create(service),
        name,
        io.vertx.grpc.common.GrpcMessageEncoder.IDENTITY,
        GrpcMessageDecoder.IDENTITY);
    return bind(stub, null, handler);
  }

  // The class of the decoder says that what it returns is a message of type T.
  @SuppressWarnings("unchecked")
  private static <T> Marshaller<T> requestMarshaller(GrpcMessageDecoder<T> decoder) {
    if (decoder.getClass() == GENERATED_DECODER) {
      MessageLite empty =
          (MessageLite) decoder.decode(GrpcMessage.message("identity", Buffer.buffer()));
      return (Marshaller<T>) Marshaller.of(empty);
    }
    return new DecoderMarshaller<>(decoder);
  }

  /** Reads requests by a user's decoder. */
  private record DecoderMarshaller<T>(GrpcMessageDecoder<T> decoder) implements Marshaller<T> {
    @Override
    public T read(CodedInputStream in) throws IOException {
      Buffer bytes = Buffer.buffer(in.readRawBytes(in.getBytesUntilLimit()));
      return decoder.decode(GrpcMessage.message("identity", WireFormat.PROTOBUF, bytes));
    }

    @Override
    public int size(T message) {
      throw new UnsupportedOperationException("requests are read only");
    }

    @Override
    public void write(T message, CodedOutputStream out) {
      throw new UnsupportedOperationException("requests are read only");
    }

    @Override
    public T emptyMessage() {
      return decoder.decode(GrpcMessage.message("identity", Buffer.buffer()));
    }
  }

  /** Writes what {@link StubHandler} hands over: a protobuf message, or bytes that are encoded. */
  private record ResponseMarshaller<T>() implements Marshaller<T> {
    @Override
    public int size(T message) {
      return message instanceof MessageLite protobuf
          ? protobuf.getSerializedSize()
          : ((Buffer) message).length();
    }

    @Override
    public void write(T message, CodedOutputStream out) throws IOException {
      if (message instanceof MessageLite protobuf) {
        protobuf.writeTo(out);
      } else {
        out.writeRawBytes(((Buffer) message).getBytes());
      }
    }

    @Override
    public T read(CodedInputStream in) {
      throw new UnsupportedOperationException("responses are written only");
    }

    @Override
    public T emptyMessage() {
      throw new UnsupportedOperationException("responses are written only");
    }
  }
}
