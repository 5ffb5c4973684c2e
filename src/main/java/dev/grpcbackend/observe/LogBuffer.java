package dev.grpcbackend.observe;

import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The lines that one event loop has written and the log's thread has not taken. Bounded: what does
 * not fit is counted in place of being kept. Thread-safe by its monitor, which the loop has to itself
 * but for the moment in which the thread exchanges two arrays.
 */
final class LogBuffer {

  static final int MAX_BYTES = 4 << 20;

  /** From here on the thread is not left to come in its own time. */
  private static final int PRESSING_BYTES = 256 << 10;

  /** Connections whose address is remembered as it is written; a power of two. */
  private static final int PEERS = 256;

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LogFile.Wake wake;
  private final @Nullable SocketAddress[] peers = new @Nullable SocketAddress[PEERS];
  private final byte[][] peerFields = new byte[PEERS][];
  private final LogLine line;
  private byte[] secondText = {};

  /** When that second began, by {@link System#nanoTime}. */
  private long secondNanos = System.nanoTime() - 2 * SECOND_NANOS;

  private byte[] bytes = {};
  private int size;
  private long lost;

  /** Creates a buffer that says by {@code wake} when it should be taken. */
  LogBuffer(boolean json, LogFile.Wake wake) {
    this.line = new LogLine(json);
    this.wake = wake;
  }

  /** Returns a field that many lines have in common, for {@link LogLine#add}. */
  byte[] constant(LogField field, String value) {
    return line.constant(field, value);
  }

  // To be called with the monitor held, from the first to the last of a line.

  /**
   * Begins a line with the time, which is read from the clock once a second only.
   *
   * @param now the reading of {@link System#nanoTime} that is meant
   * @return the line, or null if there is no room for it
   */
  @Nullable
  LogLine start(long now) {
    if (size + LogLine.MAX_BYTES > bytes.length && !grow()) {
      lost++;
      return null;
    }
    if (now - secondNanos < 0 || now - secondNanos >= SECOND_NANOS) {
      startSecond(now);
    }
    line.start(bytes, size);
    line.time(secondText, (int) TimeUnit.NANOSECONDS.toMillis(now - secondNanos));
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
      peerFields[slot] = line.constant(LogField.PEER, address.toString());
    }
    line.add(peerFields[slot]);
  }

  /** Keeps the line. */
  void end() {
    int before = size;
    size = line.end();
    if (before == 0) {
      wake.first();
    } else if (before < PRESSING_BYTES && size >= PRESSING_BYTES) {
      wake.pressing();
    }
  }

  private boolean grow() {
    if (bytes.length == MAX_BYTES) {
      return false;
    }
    int wanted = Math.max(2 * PRESSING_BYTES, bytes.length * 2);
    bytes = Arrays.copyOf(bytes, Math.min(MAX_BYTES, wanted));
    return true;
  }

  private void startSecond(long now) {
    long reading = System.nanoTime();
    long millis = System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(reading - now);
    secondNanos = now - TimeUnit.MILLISECONDS.toNanos(Math.floorMod(millis, 1_000L));
    String text = Instant.ofEpochSecond(Math.floorDiv(millis, 1_000L)).toString();
    // Without the Z, which follows the milliseconds.
    secondText = text.substring(0, text.length() - 1).getBytes(StandardCharsets.US_ASCII);
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
    block.size = size;
    block.lost = lost;
    lost = 0;
    if (size > 0) {
      byte[] filled = bytes;
      bytes = block.bytes;
      block.bytes = filled;
      size = 0;
    }
  }
}
