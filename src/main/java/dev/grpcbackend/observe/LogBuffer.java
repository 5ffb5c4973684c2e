package dev.grpcbackend.observe;

import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines that one event loop has written and the log's thread has not taken. Bounded: what does
 * not fit is counted in place of being kept. Thread-safe by its monitor, which the loop has to itself
 * but for the moment in which the thread exchanges two arrays.
 */
final class LogBuffer {

  /** Connections whose address is remembered as it is written; a power of two. */
  private static final int PEERS = 256;

  private static final int FIRST_BYTES = 64 << 10;
  static final int MAX_BYTES = 4 << 20;

  /** From here on the thread is not left to come by itself. */
  private static final int PRESSING_BYTES = 256 << 10;

  private final Runnable pressing;
  private final @Nullable SocketAddress[] peers = new @Nullable SocketAddress[PEERS];
  private final byte[][] peerFields = new byte[PEERS][];
  private final LogLine line;
  private long second;
  private byte[] secondText = {};
  private byte[] bytes = new byte[FIRST_BYTES];
  private int size;
  private long lost;

  /** Creates a buffer that says by {@code pressing} when it should be taken. */
  LogBuffer(boolean json, Runnable pressing) {
    this.line = new LogLine(json);
    this.pressing = pressing;
  }

  /** Returns a field that many lines have in common, for {@link LogLine#add}. */
  byte[] constant(String name, String value) {
    return line.constant(name, value);
  }

  // To be called with the monitor held, from the first to the last of a line.

  /** Begins a line with the time. */
  LogLine start() {
    long now = System.currentTimeMillis();
    if (now / 1_000 != second) {
      second = now / 1_000;
      // Without the Z, which follows the milliseconds.
      String text = Instant.ofEpochSecond(second).toString();
      secondText = text.substring(0, text.length() - 1).getBytes(StandardCharsets.US_ASCII);
    }
    line.start();
    line.time(secondText, (int) (now % 1_000));
    return line;
  }

  /** Adds the address of a peer; a connection that has many calls has but one. */
  void peer(@Nullable SocketAddress address) {
    if (address == null) {
      // The connection has gone before anybody asked for it.
      return;
    }
    int slot = System.identityHashCode(address) & (PEERS - 1);
    if (peers[slot] != address) {
      peers[slot] = address;
      peerFields[slot] = line.constant("peer", address.toString());
    }
    line.add(peerFields[slot]);
  }

  /** Ends the line, and keeps it if there is room. */
  void end() {
    line.end();
    int needed = size + line.size();
    if (needed > bytes.length) {
      if (needed > MAX_BYTES) {
        lost++;
        return;
      }
      bytes = Arrays.copyOf(bytes, Math.min(MAX_BYTES, Math.max(needed, bytes.length * 2)));
    }
    System.arraycopy(line.bytes(), 0, bytes, size, line.size());
    if (size < PRESSING_BYTES && needed >= PRESSING_BYTES) {
      pressing.run();
    }
    size = needed;
  }

  /** What has been taken of a buffer, and in exchange the array that is filled next. */
  static final class Block {
    private byte[] bytes = {};
    private int size;
    private long lost;

    byte[] bytes() {
      return bytes;
    }

    int size() {
      return size;
    }

    /** Returns how many lines there was no room for. */
    long lost() {
      return lost;
    }
  }

  /** Takes what there is. */
  synchronized void take(Block block) {
    byte[] filled = bytes;
    bytes = block.bytes;
    block.bytes = filled;
    block.size = size;
    block.lost = lost;
    size = 0;
    lost = 0;
  }
}
