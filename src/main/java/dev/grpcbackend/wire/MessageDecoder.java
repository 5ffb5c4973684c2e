package dev.grpcbackend.wire;

import com.google.protobuf.CodedInputStream;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import java.io.IOException;
import java.util.zip.DataFormatException;

/**
 * Makes messages of their bytes: inflates them, within a bound, and parses them. Says which status
 * bytes earn that are no message: INTERNAL in gRPC (statuscodes.md), INVALID_ARGUMENT in Connect.
 * Immutable.
 */
public final class MessageDecoder {

  private final int maxMessageBytes;
  private final Status malformed;

  /**
   * Creates a decoder.
   *
   * @param maxMessageBytes the bound on a message, before and after inflation
   * @param malformed what bytes earn that are no message
   */
  public MessageDecoder(int maxMessageBytes, Status malformed) {
    this.maxMessageBytes = maxMessageBytes;
    this.malformed = malformed;
  }

  /** Returns this decoder, or one with a lower bound if {@code bytes} is lower. */
  public MessageDecoder atMost(int bytes) {
    return bytes >= maxMessageBytes ? this : new MessageDecoder(bytes, malformed);
  }

  /**
   * Returns the message that {@code length} bytes hold.
   *
   * @throws StatusException the status of malformed messages for bytes that are no such message
   */
  <T> T decode(Marshaller<T> marshaller, byte[] bytes, int offset, int length) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes, offset, length);
      in.pushLimit(length);
      T message = marshaller.read(in);
      // A parser stops at an end-group tag; a whole message ends at the end of its bytes.
      in.checkLastTagWas(0);
      return message;
    } catch (IOException undecodable) {
      throw malformed("message of " + length + " bytes cannot be decoded");
    }
  }

  /** Returns the failure of a stream of bytes that is not what it should be. */
  public StatusException malformed(String how) {
    return malformed.withDescription(how).asException();
  }

  /** Returns the failure of a message over the limit. */
  public StatusException tooLarge(long bytes) {
    return Status.RESOURCE_EXHAUSTED
        .withDescription(
            "message of " + bytes + " bytes exceeds the limit of " + maxMessageBytes + " bytes")
        .asException();
  }

  /** Returns the bound on a message, before and after inflation. */
  public int maxMessageBytes() {
    return maxMessageBytes;
  }

  /**
   * Returns what compressed bytes hold; there is at least one.
   *
   * @throws StatusException RESOURCE_EXHAUSTED if it inflates to more than the limit; the status of
   *     malformed messages for bad compression
   */
  byte[] inflate(byte[] bytes, int offset, int length) {
    try {
      return Gzip.inflate(bytes, offset, length, maxMessageBytes);
    } catch (DataFormatException damaged) {
      throw malformed("gzip " + damaged.getMessage());
    }
  }
}
