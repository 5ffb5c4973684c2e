package dev.grpcbackend.transport;

import io.netty.handler.codec.http2.Http2Error;

/** What the client has told us in its SETTINGS (RFC 9113, section 6.5.2). */
final class Http2Settings {

  private static final int HEADER_TABLE_SIZE = 1;
  private static final int ENABLE_PUSH = 2;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int MAX_FRAME_SIZE = 5;

  private static final int MAX_WINDOW_BYTES = Integer.MAX_VALUE;
  private static final int END_OF_FRAME_SIZES = 1 << 24;

  private final HpackWriter hpack;
  private final Http2FrameWriter writer;
  private int streamWindow = Http2Streams.FIRST_WINDOW_BYTES;

  Http2Settings(HpackWriter hpack, Http2FrameWriter writer) {
    this.hpack = hpack;
    this.writer = writer;
  }

  /** Returns what the client takes of a new stream. */
  int streamWindow() {
    return streamWindow;
  }

  /** Takes one setting, and returns by how much it changes the windows of the streams. */
  int take(int id, long value) throws Http2Failure {
    switch (id) {
      case HEADER_TABLE_SIZE -> hpack.maxTableBytes(value);
      case ENABLE_PUSH -> expect(value <= 1, Http2Error.PROTOCOL_ERROR, "ENABLE_PUSH", value);
      case INITIAL_WINDOW_SIZE -> {
        expect(
            value <= MAX_WINDOW_BYTES, Http2Error.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE", value);
        int change = (int) value - streamWindow;
        streamWindow = (int) value;
        return change;
      }
      case MAX_FRAME_SIZE -> {
        expect(
            value >= Http2FrameReader.MAX_FRAME_BYTES && value < END_OF_FRAME_SIZES,
            Http2Error.PROTOCOL_ERROR,
            "MAX_FRAME_SIZE",
            value);
        writer.maxFrameBytes((int) value);
      }
      default -> {
        // The others bind only a server that pushes, or mean nothing.
      }
    }
    return 0;
  }

  private static void expect(boolean valid, Http2Error error, String name, long value)
      throws Http2Failure {
    if (!valid) {
      throw new Http2Failure(error, name + ": " + value);
    }
  }
}
