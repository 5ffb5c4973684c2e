package dev.grpcbackend.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/**
 * The bytes of a Vert.x buffer without a copy. The only class of this package that touches Vert.x
 * internals.
 */
final class BufferBytes {

  private BufferBytes() {}

  /** Returns the bytes of {@code buffer}, backed by an array if the buffer is. */
  static ByteBuf of(Buffer buffer) {
    return buffer instanceof BufferInternal internal
        ? internal.getByteBuf()
        : Unpooled.wrappedBuffer(buffer.getBytes());
  }

  /**
   * Returns a buffer over the first {@code length} bytes of {@code bytes}, which it takes over. Who
   * releases its bytes gives the array back to {@link Scratch}; who does not loses nothing else.
   */
  static Buffer wrap(byte[] bytes, int length) {
    return BufferInternal.buffer(
        Scratch.keeps(bytes)
            ? new Reused(bytes, length)
            : Unpooled.wrappedBuffer(bytes, 0, length));
  }

  private static final class Reused extends UnpooledHeapByteBuf {

    Reused(byte[] bytes, int length) {
      super(UnpooledByteBufAllocator.DEFAULT, bytes, bytes.length);
      writerIndex(length);
    }

    @Override
    protected void freeArray(byte[] array) {
      Scratch.give(array);
    }
  }
}
