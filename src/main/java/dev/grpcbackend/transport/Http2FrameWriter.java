package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;

/**
 * Writes frames (RFC 9113, section 6), gathered into buffers that leave with {@link #flush()}. Large
 * payloads that the socket can take as they are go beside them, uncopied.
 */
final class Http2FrameWriter {

  private static final int HEADER_BYTES = 9;
  private static final int FIRST_BYTES = 4 * 1024;

  /** The buffer leaves when it is as full, so that the socket's fill can be seen. */
  private static final int HAND_OVER_BYTES = 32 * 1024;

  /** Room for two full frames and what ends a stream after them. */
  private static final int FULL_FRAMES_BYTES = 36 * 1024;

  /** From here on a payload costs more to copy than to send as a buffer of its own. */
  private static final int UNCOPIED_BYTES = 4 * 1024;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;

  private static final int NONE = 0;
  private static final int ACK = 0x1;
  private static final int END_STREAM = 0x1;
  private static final int END_HEADERS = 0x4;

  private final Channel channel;
  private final ByteBufAllocator allocator;
  private final HpackWriter hpack;
  private ByteBuf out;
  private int maxFrameBytes = Http2FrameReader.MAX_FRAME_BYTES;

  Http2FrameWriter(Channel channel, HpackWriter hpack) {
    this.channel = channel;
    this.allocator = channel.alloc();
    this.hpack = hpack;
    this.out = allocator.directBuffer(FIRST_BYTES);
  }

  /** Sets the largest frame that the peer takes. */
  void maxFrameBytes(int bytes) {
    // More than the usual would let one stream hold up the others.
    maxFrameBytes = Math.min(bytes, Http2FrameReader.MAX_FRAME_BYTES);
  }

  int maxFrameBytes() {
    return maxFrameBytes;
  }

  /** Writes the head of a response, or trailers if {@code status} is {@link HpackWriter#TRAILERS}. */
  void headers(int stream, int status, HeaderBlock block, boolean end) {
    int start = out.writerIndex();
    out.ensureWritable(HEADER_BYTES);
    out.writerIndex(start + HEADER_BYTES);
    hpack.write(status, block, out);
    int length = out.writerIndex() - start - HEADER_BYTES;
    int flags = end ? END_STREAM : NONE;
    if (length <= maxFrameBytes) {
      setHeader(start, length, HEADERS, flags | END_HEADERS, stream);
    } else {
      split(start, length, flags, stream);
    }
  }

  /** Writes a DATA frame with the next {@code length} bytes of {@code data}, which stays the caller's. */
  void data(int stream, ByteBuf data, int length, boolean end) {
    // The socket takes no array: what lies in one is copied here or below.
    boolean copy = length < UNCOPIED_BYTES || data.hasArray();
    header(length, copy ? length : 0, DATA, end ? END_STREAM : NONE, stream);
    if (copy) {
      out.writeBytes(data, length);
    } else {
      ByteBuf payload = data.readRetainedSlice(length);
      handOver();
      write(payload);
    }
  }

  void reset(int stream, long code) {
    header(Integer.BYTES, RST_STREAM, NONE, stream);
    out.writeInt((int) code);
  }

  /** Writes SETTINGS: identifiers and values in turn. */
  void settings(int... settings) {
    header(settings.length / 2 * (Short.BYTES + Integer.BYTES), SETTINGS, NONE, 0);
    for (int i = 0; i < settings.length; i += 2) {
      out.writeShort(settings[i]).writeInt(settings[i + 1]);
    }
  }

  void settingsAck() {
    header(0, SETTINGS, ACK, 0);
  }

  void ping(boolean ack, long payload) {
    header(Long.BYTES, PING, ack ? ACK : NONE, 0);
    out.writeLong(payload);
  }

  void goAway(int lastStream, long code, String reason) {
    header(2 * Integer.BYTES + reason.length(), GOAWAY, NONE, 0);
    out.writeInt(lastStream).writeInt((int) code);
    for (int i = 0; i < reason.length(); i++) {
      out.writeByte(reason.charAt(i));
    }
  }

  void windowUpdate(int stream, int increment) {
    header(Integer.BYTES, WINDOW_UPDATE, NONE, stream);
    out.writeInt(increment);
  }

  /** Sends what has been written. */
  void flush() {
    handOver();
    channel.flush();
  }

  void close() {
    out.release();
    out = allocator.directBuffer(0, 0);
  }

  private void handOver() {
    if (out.isReadable()) {
      handOver(FIRST_BYTES);
    }
  }

  private void handOver(int nextBytes) {
    if (out.isReadable()) {
      write(out);
    } else {
      out.release();
    }
    out = allocator.directBuffer(nextBytes);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a failure closes the connection, which is seen
  private void write(ByteBuf bytes) {
    channel.write(bytes, channel.voidPromise());
  }

  /** Cuts a header block that is too long for one frame: the rest follows as CONTINUATION. */
  private void split(int start, int length, int flags, int stream) {
    ByteBuf block = out.copy(start + HEADER_BYTES, length);
    try {
      out.writerIndex(start);
      int type = HEADERS;
      int kind = flags;
      while (block.isReadable()) {
        int part = Math.min(block.readableBytes(), maxFrameBytes);
        boolean last = part == block.readableBytes();
        header(part, type, kind | (last ? END_HEADERS : NONE), stream);
        out.writeBytes(block, part);
        type = CONTINUATION;
        kind = NONE;
      }
    } finally {
      block.release();
    }
  }

  private void header(int length, int type, int flags, int stream) {
    header(length, length, type, flags, stream);
  }

  /** Writes the head of a frame, of which {@code room} bytes follow here. */
  private void header(int length, int room, int type, int flags, int stream) {
    if (out.writerIndex() >= HAND_OVER_BYTES) {
      handOver();
    }
    int needed = HEADER_BYTES + room;
    if (room >= UNCOPIED_BYTES && needed > out.writableBytes()) {
      // A new one rather than one that grows, which would be copied.
      handOver(Math.max(needed, FULL_FRAMES_BYTES));
    } else {
      out.ensureWritable(needed);
    }
    int start = out.writerIndex();
    out.writerIndex(start + HEADER_BYTES);
    setHeader(start, length, type, flags, stream);
  }

  private void setHeader(int at, int length, int type, int flags, int stream) {
    out.setMedium(at, length);
    out.setByte(at + 3, type);
    out.setByte(at + 4, flags);
    out.setInt(at + 5, stream);
  }
}
