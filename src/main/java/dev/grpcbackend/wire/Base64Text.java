package dev.grpcbackend.wire;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Base64;

/**
 * The body of gRPC-Web in text mode (PROTOCOL-WEB, Text-encoded streams): base64 that may be cut
 * anywhere, and padded at the end of any group of four characters. Reads one such body; not
 * thread-safe.
 */
public final class Base64Text {

  private static final int GROUP = 4;
  private static final byte PADDING = -2;
  private static final byte OTHER = -1;
  private static final byte[] VALUES = values();

  private final byte[] group = new byte[GROUP];
  private int filled;

  /** Returns the text of {@code bytes}, padded. */
  public static Buffer encode(Buffer bytes) {
    byte[] text = Base64.getEncoder().encode(bytes.getBytes());
    return BufferBytes.wrap(text, text.length);
  }

  /**
   * Returns the bytes of all groups that are complete now.
   *
   * @throws StatusException INTERNAL for a character that does not belong where it is
   */
  public Buffer decode(Buffer text) {
    ByteBuf in = BufferBytes.of(text);
    byte[] out = new byte[(int) ((filled + (long) in.readableBytes()) / GROUP * 3)];
    int size = 0;
    for (int at = in.readerIndex(); at < in.writerIndex(); at++) {
      byte character = in.getByte(at);
      byte value = character < 0 ? OTHER : VALUES[character];
      boolean misplaced =
          value == PADDING ? filled < 2 : filled == GROUP - 1 && group[filled - 1] == PADDING;
      if (value == OTHER || misplaced) {
        throw Status.INTERNAL
            .withDescription("character " + (character & 0xFF) + " in the body (expected: base64)")
            .asException();
      }
      group[filled++] = value;
      if (filled == GROUP) {
        size += decodeGroup(out, size);
        filled = 0;
      }
    }
    return BufferBytes.wrap(out, size);
  }

  /** Whether a group has begun that is not complete. */
  public boolean isMidGroup() {
    return filled > 0;
  }

  private int decodeGroup(byte[] out, int at) {
    out[at] = (byte) (group[0] << 2 | group[1] >> 4);
    if (group[2] == PADDING) {
      return 1;
    }
    out[at + 1] = (byte) (group[1] << 4 | group[2] >> 2);
    if (group[3] == PADDING) {
      return 2;
    }
    out[at + 2] = (byte) (group[2] << 6 | group[3]);
    return 3;
  }

  private static byte[] values() {
    byte[] values = new byte[128];
    Arrays.fill(values, OTHER);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < alphabet.length(); i++) {
      values[alphabet.charAt(i)] = (byte) i;
    }
    values['='] = PADDING;
    return values;
  }
}
