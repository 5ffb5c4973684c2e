package dev.grpcbackend.wire;

import com.google.protobuf.CodedOutputStream;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Arrays;

/**
 * One message that is a whole HTTP body, without a prefix. Gathers what arrives of it, within the
 * decoder's bound. Not thread-safe.
 */
public final class MessageBody {

  private static final byte[] EMPTY = {};

  private final MessageDecoder decoder;
  private byte[] bytes = EMPTY;
  private int size;

  public MessageBody(MessageDecoder decoder) {
    this.decoder = decoder;
  }

  /**
   * Adds a copy of what has arrived.
   *
   * @throws StatusException RESOURCE_EXHAUSTED if the body is over the limit
   */
  public void add(Buffer data) {
    ByteBuf piece = BufferBytes.of(data);
    int length = piece.readableBytes();
    if (length > decoder.maxMessageBytes() - size) {
      throw decoder.tooLarge((long) size + length);
    }
    if (size + length > bytes.length) {
      int room = Math.min(decoder.maxMessageBytes(), Math.max(size * 2, size + length));
      bytes = Arrays.copyOf(bytes, room);
    }
    piece.getBytes(piece.readerIndex(), bytes, size, length);
    size += length;
  }

  /** Returns how many bytes have been added; the length after inflation once it has been decoded. */
  public int size() {
    return size;
  }

  /**
   * Returns the message; its bytes are all that was added. To be called once.
   *
   * @throws StatusException as the decoder does
   */
  public <T> T decode(Marshaller<T> marshaller, boolean compressed) {
    if (compressed && size > 0) {
      bytes = decoder.inflate(bytes, 0, size);
      size = bytes.length;
    }
    return decoder.decode(marshaller, bytes, 0, size);
  }

  /**
   * Returns the body of a message.
   *
   * @throws StatusException INTERNAL if it cannot be encoded
   */
  public static <T> Buffer of(Marshaller<T> marshaller, T message, boolean compress) {
    byte[] plain = new byte[marshaller.size(message)];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(plain);
      marshaller.write(message, out);
      out.checkNoSpaceLeft();
    } catch (IOException wrongSize) {
      throw Status.INTERNAL
          .withDescription("message of " + plain.length + " bytes cannot be encoded")
          .asException();
    }
    byte[] body = compress && plain.length > 0 ? Gzip.deflate(plain) : plain;
    return BufferBytes.wrap(body, body.length);
  }
}
