package dev.grpcbackend.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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

  /** Returns a buffer over the first {@code length} bytes of {@code bytes}, which it takes over. */
  static Buffer wrap(byte[] bytes, int length) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes, 0, length));
  }
}
