package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.AsciiString;

/**
 * Finds the frames of a client in a stream of bytes and checks what their form alone can tell
 * (RFC 9113, sections 4 and 6): lengths, stream numbers, padding, and that nothing comes between a
 * HEADERS frame and its last CONTINUATION. A frame is handed over whole; its bytes may be read
 * during the call only.
 */
final class Http2FrameReader {

  /** RFC 9113, section 4.2: what a peer may send unless we allowed more, which we do not. */
  static final int MAX_FRAME_BYTES = 16 * 1024;

  /** RFC 9113, section 3.4: what a client sends first. */
  static final AsciiString PREFACE = AsciiString.cached("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

  private static final int HEADER_BYTES = 9;
  private static final int PRIORITY_BYTES = 5;
  private static final int MAX_STREAM_ID = Integer.MAX_VALUE;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int PRIORITY = 2;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;

  private static final int ACK = 0x1;
  private static final int END_STREAM = 0x1;
  private static final int END_HEADERS = 0x4;
  private static final int PADDED = 0x8;
  private static final int HAS_PRIORITY = 0x20;

  /**
   * CONTINUATION frames of one block; a block of the greatest size needs a quarter of them (CVE-2024
   * floods use thousands).
   */
  private static final int MAX_CONTINUATIONS = 16;

  private final Listener listener;
  private final int maxHeaderBlockBytes;

  private boolean prefaceRead;
  private boolean settingsRead;
  private ByteBuf block = Unpooled.EMPTY_BUFFER;
  private int blockStream;
  private int blockDependency;
  private boolean blockEndsStream;
  private int continuations;
  private boolean inHeaders;

  /** What the frames mean is decided here. */
  interface Listener {

    /** DATA: {@code length} bytes at the reader index, and what they cost in flow control. */
    void onData(int stream, ByteBuf in, int length, int flowBytes, boolean end) throws Http2Failure;

    /** HEADERS with all its CONTINUATIONs: {@code length} bytes; the stream depended on, or -1. */
    void onHeaders(int stream, ByteBuf in, int length, int dependency, boolean end)
        throws Http2Failure;

    void onPriority(int stream, int dependency) throws Http2Failure;

    void onReset(int stream, long code) throws Http2Failure;

    void onSetting(int id, long value) throws Http2Failure;

    /** The last setting of a frame has been read. */
    void onSettingsEnd() throws Http2Failure;

    void onPing(boolean ack, long payload) throws Http2Failure;

    /** WINDOW_UPDATE of a stream, or of the connection if {@code stream} is 0; may be by 0. */
    void onWindowUpdate(int stream, int increment) throws Http2Failure;

    /** A frame that changes nothing: SETTINGS with ACK, GOAWAY, or of a type that we do not know. */
    void onNothing() throws Http2Failure;
  }

  Http2FrameReader(Listener listener, int maxHeaderBlockBytes) {
    this.listener = listener;
    this.maxHeaderBlockBytes = maxHeaderBlockBytes;
  }

  /** Reads the frames that are there as a whole and leaves the rest. */
  void read(ByteBuf in) throws Http2Failure {
    if (!prefaceRead && !readPreface(in)) {
      return;
    }
    while (in.readableBytes() >= HEADER_BYTES) {
      int start = in.readerIndex();
      int length = in.getUnsignedMedium(start);
      if (length > MAX_FRAME_BYTES) {
        throw new Http2Failure(
            Http2Error.FRAME_SIZE_ERROR,
            "frame of " + length + " bytes (expected: <= " + MAX_FRAME_BYTES + ")");
      }
      int type = in.getUnsignedByte(start + 3);
      if (in.readableBytes() < HEADER_BYTES + length) {
        inHeaders = type == HEADERS;
        return;
      }
      inHeaders = false;
      int flags = in.getUnsignedByte(start + 4);
      int stream = in.getInt(start + 5) & MAX_STREAM_ID;
      in.readerIndex(start + HEADER_BYTES);
      int end = start + HEADER_BYTES + length;
      frame(type, flags, stream, in, length);
      in.readerIndex(end);
    }
  }

  private boolean readPreface(ByteBuf in) throws Http2Failure {
    if (in.readableBytes() < PREFACE.length()) {
      return false;
    }
    for (int i = 0; i < PREFACE.length(); i++) {
      if (in.readByte() != PREFACE.byteAt(i)) {
        throw protocol("no HTTP/2 preface");
      }
    }
    prefaceRead = true;
    return true;
  }

  /** Whether the client owes its first settings, or the rest of a header block. */
  boolean awaitsHead() {
    return !settingsRead || inHeaders || blockStream != 0;
  }

  /** Frees what waits for its last part. */
  void close() {
    block.release();
    block = Unpooled.EMPTY_BUFFER;
  }

  private void frame(int type, int flags, int stream, ByteBuf in, int length) throws Http2Failure {
    if (!settingsRead) {
      if (type != SETTINGS || (flags & ACK) != 0) {
        throw protocol("frame of type " + type + " after the preface (expected: SETTINGS)");
      }
      settingsRead = true;
    }
    if (blockStream != 0 && (type != CONTINUATION || stream != blockStream)) {
      throw protocol("frame of type " + type + " within a header block");
    }
    switch (type) {
      case DATA -> data(flags, onStream(type, stream), in, length);
      case HEADERS -> headers(flags, onStream(type, stream), in, length);
      case PRIORITY -> {
        onStream(type, stream);
        size(type, length, PRIORITY_BYTES);
        listener.onPriority(stream, in.readInt() & MAX_STREAM_ID);
      }
      case RST_STREAM -> {
        onStream(type, stream);
        size(type, length, Integer.BYTES);
        listener.onReset(stream, in.readUnsignedInt());
      }
      case SETTINGS -> settings(flags, stream, in, length);
      case PUSH_PROMISE -> throw protocol("PUSH_PROMISE from a client");
      case PING -> {
        onConnection(type, stream);
        size(type, length, Long.BYTES);
        listener.onPing((flags & ACK) != 0, in.readLong());
      }
      case GOAWAY -> {
        onConnection(type, stream);
        if (length < 2 * Integer.BYTES) {
          throw badSize(type, length);
        }
        // PROTOCOL-HTTP2: a client's GOAWAY alone cancels nothing.
        listener.onNothing();
      }
      case WINDOW_UPDATE -> {
        size(type, length, Integer.BYTES);
        listener.onWindowUpdate(stream, in.readInt() & Integer.MAX_VALUE);
      }
      case CONTINUATION -> continuation(flags, stream, in, length);
      default -> listener.onNothing();
    }
  }

  private void data(int flags, int stream, ByteBuf in, int length) throws Http2Failure {
    int payload = unpadded(flags, in, length, 0);
    listener.onData(stream, in, payload, length, (flags & END_STREAM) != 0);
  }

  private void headers(int flags, int stream, ByteBuf in, int length) throws Http2Failure {
    int priority = (flags & HAS_PRIORITY) != 0 ? PRIORITY_BYTES : 0;
    int bytes = unpadded(flags, in, length, priority);
    int dependency = -1;
    if (priority > 0) {
      dependency = in.readInt() & MAX_STREAM_ID;
      in.skipBytes(1);
    }
    boolean endsStream = (flags & END_STREAM) != 0;
    if ((flags & END_HEADERS) != 0) {
      listener.onHeaders(stream, in, bytes, dependency, endsStream);
      return;
    }
    blockStream = stream;
    blockDependency = dependency;
    blockEndsStream = endsStream;
    continuations = 0;
    block = in.alloc().buffer(bytes).writeBytes(in, bytes);
  }

  private void continuation(int flags, int stream, ByteBuf in, int length) throws Http2Failure {
    if (blockStream == 0) {
      throw protocol("CONTINUATION without HEADERS");
    }
    if (block.readableBytes() + length > maxHeaderBlockBytes
        || ++continuations > MAX_CONTINUATIONS) {
      throw new Http2Failure(
          Http2Error.ENHANCE_YOUR_CALM,
          "header block over " + maxHeaderBlockBytes + " bytes or " + MAX_CONTINUATIONS
              + " continuations");
    }
    block.writeBytes(in, length);
    if ((flags & END_HEADERS) != 0) {
      ByteBuf whole = block;
      block = Unpooled.EMPTY_BUFFER;
      blockStream = 0;
      try {
        listener.onHeaders(stream, whole, whole.readableBytes(), blockDependency, blockEndsStream);
      } finally {
        whole.release();
      }
    }
  }

  private void settings(int flags, int stream, ByteBuf in, int length) throws Http2Failure {
    onConnection(SETTINGS, stream);
    if ((flags & ACK) != 0) {
      size(SETTINGS, length, 0);
      listener.onNothing();
      return;
    }
    int each = Short.BYTES + Integer.BYTES;
    if (length % each != 0) {
      throw badSize(SETTINGS, length);
    }
    for (int read = 0; read < length; read += each) {
      listener.onSetting(in.readUnsignedShort(), in.readUnsignedInt());
    }
    listener.onSettingsEnd();
  }

  /** Skips the length of the padding and returns how many bytes stand before it, and after the rest. */
  private static int unpadded(int flags, ByteBuf in, int length, int before) throws Http2Failure {
    int padding = 0;
    int left = length;
    if ((flags & PADDED) != 0) {
      if (left == 0) {
        throw new Http2Failure(Http2Error.FRAME_SIZE_ERROR, "padded frame without a length");
      }
      padding = in.readUnsignedByte();
      left--;
    }
    if (left < before) {
      throw new Http2Failure(Http2Error.FRAME_SIZE_ERROR, "frame too short for its priority");
    }
    if (padding > left - before) {
      throw protocol("padding of " + padding + " bytes (expected: <= " + (left - before) + ")");
    }
    return left - before - padding;
  }

  private static int onStream(int type, int stream) throws Http2Failure {
    if (stream == 0) {
      throw protocol("frame of type " + type + " without a stream");
    }
    return stream;
  }

  private static void onConnection(int type, int stream) throws Http2Failure {
    if (stream != 0) {
      throw protocol("frame of type " + type + " on stream " + stream + " (expected: 0)");
    }
  }

  private static void size(int type, int length, int expected) throws Http2Failure {
    if (length != expected) {
      throw badSize(type, length);
    }
  }

  private static Http2Failure badSize(int type, int length) {
    return new Http2Failure(
        Http2Error.FRAME_SIZE_ERROR, "frame of type " + type + " with " + length + " bytes");
  }

  private static Http2Failure protocol(String message) {
    return new Http2Failure(Http2Error.PROTOCOL_ERROR, message);
  }
}
