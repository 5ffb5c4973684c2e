package dev.grpcbackend.protocol;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.grpcbackend.rpc.Marshaller;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one call as JSON in the proto3 mapping; unknown fields are errors. The text of a
 * message is made when its size is asked for and kept until it is written.
 */
final class JsonMarshaller<T> implements Marshaller<T> {

  private final Marshaller<T> binary;
  private final TypeRegistry types;
  private @Nullable T printed;
  private byte[] text = {};

  JsonMarshaller(Marshaller<T> binary, TypeRegistry types) {
    this.binary = binary;
    this.types = types;
  }

  @Override
  public int size(T message) {
    return text(message).length;
  }

  @Override
  public void write(T message, CodedOutputStream out) throws IOException {
    out.writeRawBytes(text(message));
  }

  @Override
  @SuppressWarnings("unchecked") // the builder of a message builds messages of its class
  public T read(CodedInputStream in) throws IOException {
    String json = new String(in.readRawBytes(in.getBytesUntilLimit()), StandardCharsets.UTF_8);
    Message.Builder builder = ((Message) binary.emptyMessage()).newBuilderForType();
    JsonFormat.parser().usingTypeRegistry(types).merge(json, builder);
    return (T) builder.build();
  }

  @Override
  public T emptyMessage() {
    return binary.emptyMessage();
  }

  @SuppressWarnings("ReferenceEquality") // the very message that was asked for its size
  private byte[] text(T message) {
    if (message != printed) {
      try {
        text = JsonFormat.printer()
            .usingTypeRegistry(types)
            .omittingInsignificantWhitespace()
            .print((MessageOrBuilder) message)
            .getBytes(StandardCharsets.UTF_8);
        printed = message;
      } catch (InvalidProtocolBufferException unknownType) {
        throw new IllegalArgumentException("the message has no JSON form", unknownType);
      }
    }
    return text;
  }
}
