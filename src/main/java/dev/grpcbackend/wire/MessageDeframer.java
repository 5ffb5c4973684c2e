package dev.grpcbackend.wire;

import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the length-prefixed messages in a stream of bytes (PROTOCOL-HTTP2, Length-Prefixed-Message:
 * one byte of flags, four bytes of length, the payload) and decodes one at a time, on demand.
 *
 * <p>A message that lies within one buffer is read where it lies. One that does not is put together
 * in an array that grows with what has really arrived, so a declared length costs nothing. Work is
 * linear in the bytes. Not thread-safe.
 */
public final class MessageDeframer {

  private static final int PREFIX_BYTES = MessageFramer.PREFIX_BYTES;
  private static final int COMPRESSED = 1;

  /** Enough for a field of 64 KiB with its tag, a size that callers are fond of. */
  private static final int FIRST_BODY_BYTES = 65 * 1024;

  private static final byte[] EMPTY = {};

  private final MessageDecoder decoder;
  private final boolean gzip;

  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(0);
  private byte[] chunk = EMPTY;
  private int waitingBytes;

  /** Whether the chunk is nobody else's. */
  private boolean chunkKept = true;

  /** Whether the chunk is an array to be given away. */
  private boolean chunkScratch;

  private int position;
  private int limit;

  private final byte[] prefix = new byte[PREFIX_BYTES];
  private int prefixFilled;
  private boolean inBody;
  private boolean compressed;
  private boolean lastCompressed;
  private int lastLength;
  private int bodyLength;
  private byte[] body = EMPTY;
  private int bodyFilled;

  /**
   * Creates a deframer of gRPC.
   *
   * @param maxMessageBytes the bound on the declared length and on the length after inflation
   * @param gzip whether the sender declared gzip; without it a compressed message is an error
   */
  public MessageDeframer(int maxMessageBytes, boolean gzip) {
    this(new MessageDecoder(maxMessageBytes, Status.INTERNAL), gzip);
  }

  /**
   * Creates a deframer.
   *
   * @param decoder decodes the messages, and bounds them
   * @param gzip whether the sender declared gzip; without it a compressed message is an error
   */
  public MessageDeframer(MessageDecoder decoder, boolean gzip) {
    this.decoder = decoder;
    this.gzip = gzip;
  }

  /** Adds the next bytes of the stream; they must not change until they have been read, or kept. */
  public void add(Buffer data) {
    ByteBuf bytes = BufferBytes.of(data);
    if (position == limit && waiting.isEmpty()) {
      use(bytes);
    } else {
      waiting.add(bytes);
      waitingBytes += bytes.readableBytes();
    }
  }

  /** Copies what was added last and has not been read, so that its bytes may be used for others. */
  public void keep() {
    ByteBuf last = waiting.pollLast();
    if (last != null) {
      byte[] copy = new byte[last.readableBytes()];
      last.getBytes(last.readerIndex(), copy);
      waiting.add(Unpooled.wrappedBuffer(copy));
    } else if (position < limit) {
      if (!chunkKept) {
        byte[] copy = Arrays.copyOfRange(chunk, position, limit);
        leaveChunk();
        chunk = copy;
        chunkKept = true;
        limit -= position;
        position = 0;
      }
    } else {
      leaveChunk();
      position = 0;
      limit = 0;
    }
  }

  /**
   * Returns the next message, or null if it has not fully arrived.
   *
   * @throws dev.grpcbackend.rpc.StatusException RESOURCE_EXHAUSTED for a message over the limit,
   *     before any of it is kept; INTERNAL for bad flags; what the decoder says for bad compression
   *     or bytes that are no such message
   */
  public <T> @Nullable T next(Marshaller<T> marshaller) {
    while (true) {
      if (inBody || readPrefix()) {
        if (bodyFilled == 0 && limit - position >= bodyLength) {
          int start = position;
          position += bodyLength;
          return decode(marshaller, chunk, start);
        }
        if (fillBody()) {
          byte[] whole = body;
          body = EMPTY;
          bodyFilled = 0;
          T message = decode(marshaller, whole, 0);
          Scratch.give(whole);
          return message;
        }
      }
      ByteBuf more = waiting.poll();
      if (more == null) {
        return null;
      }
      waitingBytes -= more.readableBytes();
      use(more);
    }
  }

  /** Whether a part of a message has been read, or bytes are left that have not been looked at. */
  public boolean isMidMessage() {
    return inBody || prefixFilled > 0 || position < limit || !waiting.isEmpty();
  }

  /** Returns how many bytes are kept of what has been added and not returned. */
  public int bufferedBytes() {
    return body.length + limit - position + waitingBytes;
  }

  /** Returns the length of the message returned last, after inflation. */
  public int lastLength() {
    return lastLength;
  }

  /** Returns the length of the message returned last, as it came. */
  public int lastWireLength() {
    return bodyLength;
  }

  /** Whether the message returned last was compressed on the wire. */
  public boolean wasCompressed() {
    return lastCompressed;
  }

  private void use(ByteBuf bytes) {
    int length = bytes.readableBytes();
    leaveChunk();
    position = 0;
    if (inBody && length <= bodyLength - bodyFilled) {
      limit = 0;
      makeRoom(length);
      bytes.readBytes(body, bodyFilled, length);
      bodyFilled += length;
      return;
    }
    chunkKept = false;
    if (bytes.hasArray()) {
      chunk = bytes.array();
      position = bytes.arrayOffset() + bytes.readerIndex();
    } else {
      chunk = Scratch.take(length);
      chunkScratch = true;
      bytes.getBytes(bytes.readerIndex(), chunk, 0, length);
    }
    limit = position + length;
  }

  private void leaveChunk() {
    if (chunkScratch) {
      chunkScratch = false;
      Scratch.give(chunk);
    }
    chunk = EMPTY;
  }

  private boolean readPrefix() {
    if (prefixFilled == 0 && limit - position >= PREFIX_BYTES) {
      startBody(chunk, position);
      position += PREFIX_BYTES;
      return true;
    }
    int take = Math.min(PREFIX_BYTES - prefixFilled, limit - position);
    System.arraycopy(chunk, position, prefix, prefixFilled, take);
    position += take;
    prefixFilled += take;
    if (prefixFilled < PREFIX_BYTES) {
      return false;
    }
    prefixFilled = 0;
    startBody(prefix, 0);
    return true;
  }

  private void startBody(byte[] bytes, int at) {
    int flags = bytes[at] & 0xFF;
    long length = (bytes[at + 1] & 0xFFL) << 24
        | (bytes[at + 2] & 0xFFL) << 16
        | (bytes[at + 3] & 0xFFL) << 8
        | (bytes[at + 4] & 0xFFL);
    if (flags > COMPRESSED) {
      throw Status.INTERNAL
          .withDescription("message flags: " + flags + " (expected: 0 or 1)")
          .asException();
    }
    if (flags == COMPRESSED && !gzip) {
      throw Status.INTERNAL
          .withDescription("compressed message, but no compression was declared")
          .asException();
    }
    if (length > decoder.maxMessageBytes()) {
      throw decoder.tooLarge(length);
    }
    inBody = true;
    compressed = flags == COMPRESSED;
    bodyLength = (int) length;
  }

  private boolean fillBody() {
    int take = Math.min(bodyLength - bodyFilled, limit - position);
    makeRoom(take);
    System.arraycopy(chunk, position, body, bodyFilled, take);
    position += take;
    bodyFilled += take;
    return bodyFilled == bodyLength;
  }

  private void makeRoom(int bytes) {
    int needed = bodyFilled + bytes;
    if (needed > body.length) {
      // What a client announces is not made room for, only what it sends; what lies there is free.
      byte[] larger = Scratch.takeKept(bodyLength);
      if (larger == null) {
        int grown = Math.max(Math.max(body.length * 2, FIRST_BODY_BYTES), needed);
        larger = Scratch.take(Math.min(grown, bodyLength));
      }
      System.arraycopy(body, 0, larger, 0, bodyFilled);
      Scratch.give(body);
      body = larger;
    }
  }

  private <T> T decode(Marshaller<T> marshaller, byte[] bytes, int offset) {
    inBody = false;
    lastCompressed = compressed;
    lastLength = bodyLength;
    if (compressed && bodyLength > 0) {
      byte[] plain = decoder.inflate(bytes, offset, bodyLength);
      lastLength = plain.length;
      return decoder.decode(marshaller, plain, 0, plain.length);
    }
    return decoder.decode(marshaller, bytes, offset, bodyLength);
  }
}
