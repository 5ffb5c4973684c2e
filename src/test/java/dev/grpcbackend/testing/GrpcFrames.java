package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Length-prefixed messages (PROTOCOL-HTTP2), right or wrong. */
public final class GrpcFrames {

  private static final int PREFIX_BYTES = 5;

  private GrpcFrames() {}

  /** Returns one message, not compressed. */
  public static ByteString message(MessageLite message) {
    return frame(0, message.toByteString());
  }

  /** Returns one message, compressed. */
  public static ByteString gzipped(MessageLite message) {
    return frame(1, gzip(message.toByteString()));
  }

  /** Returns a payload behind its flag and its length. */
  public static ByteString frame(int flag, ByteString payload) {
    return prefix(flag, payload.size()).concat(payload);
  }

  /** Returns five bytes: a flag and a length of up to 2^32 - 1. */
  public static ByteString prefix(int flag, long length) {
    return ByteString.copyFrom(new byte[] {
      (byte) flag,
      (byte) (length >>> 24),
      (byte) (length >>> 16),
      (byte) (length >>> 8),
      (byte) length
    });
  }

  /** Returns the bytes as one gzip member. */
  public static ByteString gzip(ByteString bytes) {
    ByteArrayOutputStream into = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(into)) {
      bytes.writeTo(gzip);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return ByteString.copyFrom(into.toByteArray());
  }

  /** Returns the messages, prefix included, that make up the bytes, which must end with one. */
  public static List<ByteString> split(ByteString bytes) {
    List<ByteString> frames = new ArrayList<>();
    int at = 0;
    while (at < bytes.size()) {
      int length =
          bytes.substring(at + 1, at + PREFIX_BYTES).asReadOnlyByteBuffer().getInt();
      int end = at + PREFIX_BYTES + length;
      frames.add(bytes.substring(at, end));
      at = end;
    }
    return frames;
  }

  /** Returns the payload of one message that {@link #split} found. */
  public static ByteString payload(ByteString frame) {
    return frame.substring(PREFIX_BYTES);
  }
}
