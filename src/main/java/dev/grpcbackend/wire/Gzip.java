package dev.grpcbackend.wire;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Gzip of whole messages (RFC 1952, one member), with a bound on what inflates. Each message has a
 * compression context of its own (compression.md), so the native objects are reused, one a thread.
 */
final class Gzip {

  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int FLAG_HEADER_CRC = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;
  private static final int FLAGS_RESERVED = 0xE0;
  private static final int INFLATE_STEP_BYTES = 64 * 1024;

  /** ID1, ID2, CM = deflate, no flags, no time, no extra flags, OS = unknown. */
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255};

  private static final ThreadLocal<Inflater> INFLATER =
      ThreadLocal.withInitial(() -> new Inflater(true));
  private static final ThreadLocal<Deflater> DEFLATER =
      ThreadLocal.withInitial(() -> new Deflater(Deflater.BEST_SPEED, true));

  private Gzip() {}

  /**
   * Returns what {@code length} bytes of gzip inflate to.
   *
   * @throws StatusException RESOURCE_EXHAUSTED as soon as more than {@code maxBytes} came out
   * @throws DataFormatException if the bytes are not exactly one intact member; its message is in
   *     our words
   */
  static byte[] inflate(byte[] bytes, int offset, int length, int maxBytes)
      throws DataFormatException {
    int end = offset + length;
    int start = skipHeader(bytes, offset, end);
    Inflater inflater = INFLATER.get();
    inflater.reset();
    inflater.setInput(bytes, start, end - start);
    byte[] out = new byte[(int) Math.min(maxBytes, Math.max(512L, 4L * length))];
    int size = 0;
    while (true) {
      size += inflate(inflater, out, size);
      if (inflater.finished()) {
        break;
      }
      if (size < out.length) {
        // Neither finished nor out of room: the input ended early or wants a dictionary.
        throw new DataFormatException("data ends early");
      }
      if (size > maxBytes) {
        throw tooLarge(maxBytes);
      }
      // One byte over the limit is enough to see that there is more.
      long grown = Math.min(maxBytes + 1L, size + Math.max(size, (long) INFLATE_STEP_BYTES));
      out = Arrays.copyOf(out, (int) grown);
    }
    if (size > maxBytes) {
      throw tooLarge(maxBytes);
    }
    if (inflater.getRemaining() != TRAILER_BYTES) {
      throw new DataFormatException(
          "trailer is " + inflater.getRemaining() + " bytes (expected: 8)");
    }
    CRC32 crc = new CRC32();
    crc.update(out, 0, size);
    if (littleEndian(bytes, end - TRAILER_BYTES) != (int) crc.getValue()
        || littleEndian(bytes, end - 4) != size) {
      throw new DataFormatException("checksum or size differs");
    }
    return size == out.length ? out : Arrays.copyOf(out, size);
  }

  /** Returns {@code bytes} as one gzip member. */
  static byte[] deflate(byte[] bytes) {
    Deflater deflater = DEFLATER.get();
    deflater.reset();
    deflater.setInput(bytes);
    deflater.finish();
    byte[] out = Arrays.copyOf(HEADER, HEADER_BYTES + TRAILER_BYTES + 64 + bytes.length / 2);
    int size = HEADER_BYTES;
    while (true) {
      size += deflater.deflate(out, size, out.length - size);
      if (deflater.finished()) {
        break;
      }
      out = Arrays.copyOf(out, out.length * 2);
    }
    CRC32 crc = new CRC32();
    crc.update(bytes);
    out = Arrays.copyOf(out, size + TRAILER_BYTES);
    putLittleEndian(out, size, (int) crc.getValue());
    putLittleEndian(out, size + 4, bytes.length);
    return out;
  }

  private static int skipHeader(byte[] bytes, int offset, int end) throws DataFormatException {
    if (end - offset < HEADER_BYTES + TRAILER_BYTES
        || bytes[offset] != HEADER[0]
        || bytes[offset + 1] != HEADER[1]
        || bytes[offset + 2] != HEADER[2]
        || (bytes[offset + 3] & FLAGS_RESERVED) != 0) {
      throw new DataFormatException("header is malformed");
    }
    int flags = bytes[offset + 3];
    int at = offset + HEADER_BYTES;
    if ((flags & FLAG_EXTRA) != 0 && at + 2 <= end) {
      at += 2 + (bytes[at] & 0xFF) + ((bytes[at + 1] & 0xFF) << 8);
    }
    if ((flags & FLAG_NAME) != 0) {
      at = skipText(bytes, at, end);
    }
    if ((flags & FLAG_COMMENT) != 0) {
      at = skipText(bytes, at, end);
    }
    if ((flags & FLAG_HEADER_CRC) != 0) {
      at += 2;
    }
    if (at + TRAILER_BYTES > end) {
      throw new DataFormatException("header is malformed");
    }
    return at;
  }

  private static int skipText(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && bytes[at] != 0) {
      at++;
    }
    return at + 1;
  }

  private static int littleEndian(byte[] bytes, int at) {
    return (bytes[at] & 0xFF)
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | (bytes[at + 3] & 0xFF) << 24;
  }

  private static void putLittleEndian(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >> 8);
    bytes[at + 2] = (byte) (value >> 16);
    bytes[at + 3] = (byte) (value >> 24);
  }

  private static int inflate(Inflater inflater, byte[] out, int from) throws DataFormatException {
    try {
      return inflater.inflate(out, from, out.length - from);
    } catch (DataFormatException malformed) {
      // The library's words are not for callers.
      throw new DataFormatException("data is malformed");
    }
  }

  private static StatusException tooLarge(int maxBytes) {
    return Status.RESOURCE_EXHAUSTED
        .withDescription("message inflates to more than the limit of " + maxBytes + " bytes")
        .asException();
  }
}
