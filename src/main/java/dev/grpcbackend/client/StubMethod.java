package dev.grpcbackend.client;

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
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.CodecException;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.WireFormat;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What a generated stub knows of a method, made into what a call needs. The codecs that every
 * generated stub has are recognized and replaced by a {@link Marshaller}, which copies nothing; with
 * a user's own codecs the call carries buffers.
 *
 * @param encoder null if requests go to the call as they are
 * @param decoder null if responses come from the call as they should be
 * @param reader reads responses of the stub's type, or buffers for the decoder
 * @param schema what the {@code .proto} file says, null if it is not at hand
 */
record StubMethod<Req, Resp>(
    @Nullable GrpcMessageEncoder<Req> encoder,
    @Nullable GrpcMessageDecoder<Resp> decoder,
    Marshaller<Object> reader,
    @Nullable MethodDescriptor schema) {

  /** The classes of the codecs in generated code; there is one of each for all messages. */
  private static final Class<?> GENERATED_DECODER =
      GrpcMessageDecoder.decoder(Empty.getDefaultInstance()).getClass();

  private static final Class<?> GENERATED_ENCODER =
      GrpcMessageEncoder.<Empty>encoder().getClass();

  private static final Marshaller<Object> WRITER = new ObjectMarshaller();

  /** Shared by all channels and threads; weak, because users may make methods for single calls. */
  private static final Map<ServiceMethod<?, ?>, StubMethod<?, ?>> KNOWN =
      Collections.synchronizedMap(new WeakHashMap<>());

  @SuppressWarnings("unchecked") // the value was made from the key
  static <Req, Resp> StubMethod<Req, Resp> of(ServiceMethod<Resp, Req> stub) {
    return (StubMethod<Req, Resp>) KNOWN.computeIfAbsent(
        stub,
        unknown -> of(
            stub.encoder(),
            stub.decoder(),
            stub.serviceName().fullyQualifiedName(),
            stub.methodName()));
  }

  /** Returns the method of calls whose messages are bytes on both sides. */
  static StubMethod<Buffer, Buffer> raw() {
    return of(GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY, "", "");
  }

  // The class of a codec says whether the messages are protobuf's.
  @SuppressWarnings("unchecked")
  private static <Req, Resp> StubMethod<Req, Resp> of(
      GrpcMessageEncoder<Req> encoder,
      GrpcMessageDecoder<Resp> decoder,
      String service,
      String method) {
    boolean plainRequests = encoder.getClass() == GENERATED_ENCODER
        || (GrpcMessageEncoder<?>) encoder == GrpcMessageEncoder.IDENTITY;
    Marshaller<?> reader = WRITER;
    MethodDescriptor schema = null;
    boolean generated = decoder.getClass() == GENERATED_DECODER;
    if (generated) {
      MessageLite empty =
          (MessageLite) decoder.decode(GrpcMessage.message("identity", Buffer.buffer()));
      reader = Marshaller.of(empty);
      if (empty instanceof Message message) {
        ServiceDescriptor found = message.getDescriptorForType().getFile().getServices().stream()
            .filter(candidate -> candidate.getFullName().equals(service))
            .findFirst()
            .orElse(null);
        schema = found == null ? null : found.findMethodByName(method);
      }
    }
    return new StubMethod<>(
        plainRequests ? null : encoder,
        generated || (GrpcMessageDecoder<?>) decoder == GrpcMessageDecoder.IDENTITY
            ? null
            : decoder,
        (Marshaller<Object>) reader,
        schema);
  }

  /** Returns the method for a call. Without a schema the general shape is right, if less strict. */
  Method<Object, Object> method(String service, String name) {
    MethodType type = schema == null
        ? MethodType.BIDI_STREAMING
        : MethodType.of(schema.isClientStreaming(), schema.isServerStreaming());
    return new Method<>(service, name, type, WRITER, reader, false, schema);
  }

  /** Returns a request as the call takes it. */
  Object encoded(Req request) {
    return encoder == null
        ? request
        : encoder.encode(request, WireFormat.PROTOBUF).payload();
  }

  /**
   * Returns a response as the stub expects it.
   *
   * @throws CodecException if a user's decoder does not like it
   */
  @SuppressWarnings("unchecked") // without a decoder the reader makes what the stub expects
  Resp decoded(Object response) {
    return decoder == null
        ? (Resp) response
        : decoder.decode(GrpcMessage.message("identity", (Buffer) response));
  }

  /** Returns the encoded form of a message that is protobuf or has been encoded already. */
  static Buffer bytes(Object message) {
    return message instanceof MessageLite protobuf
        ? Buffer.buffer(protobuf.toByteArray())
        : (Buffer) message;
  }

  /** Writes protobuf messages and encoded ones; reads encoded ones. */
  private static final class ObjectMarshaller implements Marshaller<Object> {
    @Override
    public int size(Object message) {
      return message instanceof MessageLite protobuf
          ? protobuf.getSerializedSize()
          : ((Buffer) message).length();
    }

    @Override
    public void write(Object message, CodedOutputStream out) throws IOException {
      if (message instanceof MessageLite protobuf) {
        protobuf.writeTo(out);
      } else {
        out.writeRawBytes(((Buffer) message).getBytes());
      }
    }

    @Override
    public Object read(CodedInputStream in) throws IOException {
      return Buffer.buffer(in.readRawBytes(in.getBytesUntilLimit()));
    }

    @Override
    public Object emptyMessage() {
      return Buffer.buffer();
    }
  }
}
