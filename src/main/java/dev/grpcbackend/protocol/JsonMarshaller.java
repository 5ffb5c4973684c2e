package dev.grpcbackend.protocol;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Status;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one call in JSON. The text of a message is made when its size is asked for and
 * kept until it is written.
 */
final class JsonMarshaller<T> implements Marshaller<T> {

  private static final byte[] NONE = {};

  private final Marshaller<T> binary;
  private final Json json;
  private final Status malformed;
  private @Nullable T printed;
  private byte[] text = NONE;
  private @Nullable JsonException unprintable;

  JsonMarshaller(Marshaller<T> binary, Json json, Status malformed) {
    this.binary = binary;
    this.json = json;
    this.malformed = malformed;
  }

  /** Returns the length of the text; 0 if there is none, which {@link #write} then reports. */
  @Override
  public int size(T message) {
    return text(message).length;
  }

  @Override
  public void write(T message, CodedOutputStream out) throws IOException {
    byte[] bytes = text(message);
    if (unprintable != null) {
      throw unprintable;
    }
    out.writeRawBytes(bytes);
  }

  /**
   * Reads one message.
   *
   * @throws dev.grpcbackend.rpc.StatusException with a text for the caller if it is malformed
   */
  @Override
  @SuppressWarnings("unchecked") // the builder of a message builds messages of its class
  public T read(CodedInputStream in) throws IOException {
    byte[] bytes = in.readRawBytes(in.getBytesUntilLimit());
    try {
      return (T) json.read(bytes, 0, bytes.length, (Message) binary.emptyMessage());
    } catch (JsonException wrong) {
      throw malformed.withDescription(wrong.getMessage()).asException();
    }
  }

  @Override
  public T emptyMessage() {
    return binary.emptyMessage();
  }

  @SuppressWarnings("ReferenceEquality") // the very message that was asked for its size
  private byte[] text(T message) {
    if (message != printed) {
      printed = message;
      unprintable = null;
      try {
        if (!(message instanceof Message protobuf)) {
          throw JsonException.of("bytes of the method's own encoder have no JSON form");
        }
        text = json.print(protobuf);
      } catch (JsonException noForm) {
        text = NONE;
        unprintable = noForm;
      }
    }
    return text;
  }
}
