package dev.grpcbackend.rpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.IOException;

/**
 * Turns the messages of one type into bytes and back, without a copy between message and wire
 * buffer. Implementations are immutable and used by all threads.
 *
 * @param <T> the message type
 */
public interface Marshaller<T> {

  /** Returns the exact number of bytes that {@link #write} will write. */
  int size(T message);

  /** Writes the message. */
  void write(T message, CodedOutputStream out) throws IOException;

  /** Reads one message that takes all bytes of {@code in}, whose limit is set to their number. */
  T read(CodedInputStream in) throws IOException;

  /** Returns a message without any field set; protobuf messages only. */
  T emptyMessage();

  /** Returns the marshaller for the type of {@code instance}, any instance of a protobuf message. */
  @SuppressWarnings("unchecked") // getParserForType returns the parser of the message's own type
  static <T extends MessageLite> Marshaller<T> of(T instance) {
    T empty = (T) instance.getDefaultInstanceForType();
    Parser<T> parser = (Parser<T>) empty.getParserForType();
    return new Marshaller<>() {
      @Override
      public int size(T message) {
        return message.getSerializedSize();
      }

      @Override
      public void write(T message, CodedOutputStream out) throws IOException {
        message.writeTo(out);
      }

      @Override
      public T read(CodedInputStream in) throws InvalidProtocolBufferException {
        return parser.parseFrom(in);
      }

      @Override
      public T emptyMessage() {
        return empty;
      }
    };
  }

  /**
   * Returns the marshaller of a generated message class.
   *
   * @throws IllegalArgumentException if the class is no generated message
   */
  static <T extends Message> Marshaller<T> of(Class<T> type) {
    try {
      return of(type.cast(type.getMethod("getDefaultInstance").invoke(null)));
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          "message class: " + type.getName() + " (expected: a generated protobuf message)", e);
    }
  }
}
