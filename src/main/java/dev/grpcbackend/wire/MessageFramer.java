package dev.grpcbackend.wire;

import com.google.protobuf.CodedOutputStream;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Arrays;

/**
 * Gathers length-prefixed messages into one buffer, each written once, prefix and payload together,
 * straight from the message. Not thread-safe.
 */
public final class MessageFramer {

  /** What stands before each message: flags and length. */
  public static final int PREFIX_BYTES = 5;

  private static final int COMPRESSED = 1;
  private static final int SECOND_BUFFER_BYTES = 1024;
  private static final byte[] EMPTY = {};

  private byte[] buffer = EMPTY;
  private int size;

  /** Returns how many bytes are gathered. */
  public int size() {
    return size;
  }

  /**
   * Adds one message. On failure the gathered bytes are as before.
   *
   * @throws StatusException INTERNAL if the message cannot be encoded
   */
  public <T> void append(Marshaller<T> marshaller, T message, boolean compress) {
    int length = marshaller.size(message);
    if (length < 0 || length > Integer.MAX_VALUE - PREFIX_BYTES - size) {
      throw Status.INTERNAL
          .withDescription("message of " + length + " bytes cannot be framed")
          .asException();
    }
    try {
      if (compress && length > 0) {
        byte[] plain = new byte[length];
        write(marshaller, message, plain, 0, length);
        append(COMPRESSED, Gzip.deflate(plain));
      } else {
        reserve(PREFIX_BYTES + length);
        putPrefix(0, length);
        write(marshaller, message, buffer, size + PREFIX_BYTES, length);
        size += PREFIX_BYTES + length;
      }
    } catch (IOException wrongSize) {
      throw Status.INTERNAL
          .withDescription("message of " + length + " bytes cannot be encoded")
          .asException();
    }
  }

  /** Adds a frame that is no message. */
  public void append(int flags, byte[] payload) {
    reserve(PREFIX_BYTES + payload.length);
    putPrefix(flags, payload.length);
    System.arraycopy(payload, 0, buffer, size + PREFIX_BYTES, payload.length);
    size += PREFIX_BYTES + payload.length;
  }

  /** Returns the gathered bytes, which belong to the caller, and starts anew. */
  public Buffer take() {
    Buffer taken = BufferBytes.wrap(buffer, size);
    buffer = EMPTY;
    size = 0;
    return taken;
  }

  private static <T> void write(
      Marshaller<T> marshaller, T message, byte[] into, int offset, int length) throws IOException {
    CodedOutputStream out = CodedOutputStream.newInstance(into, offset, length);
    marshaller.write(message, out);
    out.checkNoSpaceLeft();
  }

  private void putPrefix(int flags, int length) {
    buffer[size] = (byte) flags;
    buffer[size + 1] = (byte) (length >>> 24);
    buffer[size + 2] = (byte) (length >>> 16);
    buffer[size + 3] = (byte) (length >>> 8);
    buffer[size + 4] = (byte) length;
  }

  private void reserve(int bytes) {
    int needed = size + bytes;
    if (size == 0) {
      // No larger than this message, because most calls answer with one.
      buffer = Scratch.take(needed);
    } else if (needed > buffer.length) {
      int doubled = (int) Math.min(Integer.MAX_VALUE - 8L, buffer.length * 2L);
      byte[] outgrown = buffer;
      buffer = Arrays.copyOf(outgrown, Math.max(needed, Math.max(SECOND_BUFFER_BYTES, doubled)));
      Scratch.give(outgrown);
    }
  }
}
