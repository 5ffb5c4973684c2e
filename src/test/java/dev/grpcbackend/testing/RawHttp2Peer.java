package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A client that speaks HTTP/2 frames over a plain socket and may break every rule. Frames are read
 * when something is waited for, on the calling thread; each wait ends after {@value #WAIT_SECONDS}
 * seconds with an AssertionError that lists what came instead. Not thread-safe.
 *
 * <p>While it waits it acknowledges SETTINGS and PING, and opens the windows by what it reads,
 * unless {@link #keepWindows()} was called.
 */
public final class RawHttp2Peer implements AutoCloseable {

  /** The identifier of the setting that bounds what the server may send on a stream at first. */
  public static final int INITIAL_WINDOW_SIZE = 4;

  private static final int WAIT_SECONDS = Patience.SECONDS;
  private static final int MAX_FRAME_BYTES = 16_384;
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final HeaderBlocks blocks = new HeaderBlocks();
  private final List<Frame> received = new ArrayList<>();
  private boolean opensWindows = true;
  private boolean ended;
  private int nextStreamId = 1;
  private long pings;

  private RawHttp2Peer(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 << 10));
    this.out = socket.getOutputStream();
  }

  /** Connects with default settings. */
  public static RawHttp2Peer connect(int port) {
    return connect(port, ByteString.EMPTY);
  }

  /**
   * Connects, and returns when each side has acknowledged the settings of the other.
   *
   * @param settings the payload of the SETTINGS frame, see {@link #setting}
   */
  public static RawHttp2Peer connect(int port, ByteString settings) {
    try {
      Socket socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), WAIT_SECONDS * 1000);
      return on(socket, settings);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Does the same on a socket that is connected. */
  public static RawHttp2Peer on(Socket socket, ByteString settings) {
    try {
      RawHttp2Peer peer = new RawHttp2Peer(socket);
      peer.sendBytes(ByteString.copyFrom(PREFACE, StandardCharsets.US_ASCII));
      peer.send(Frame.SETTINGS, 0, 0, settings);
      peer.await("settings", () -> peer.count(Frame.SETTINGS) >= 2);
      return peer;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Returns one setting, to be joined with others. */
  public static ByteString setting(int identifier, int value) {
    return ByteString.copyFrom(new byte[] {(byte) (identifier >>> 8), (byte) identifier})
        .concat(integer(value));
  }

  /** Returns four bytes. */
  public static ByteString integer(int value) {
    return ByteString.copyFrom(
        new byte[] {(byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value
        });
  }

  /** Stops opening windows when DATA is read; see {@link RawStream#windowUpdate}. */
  public RawHttp2Peer keepWindows() {
    opensWindows = false;
    return this;
  }

  /** Opens a stream and leaves it open. */
  public RawStream open(RequestFields fields) {
    return open(fields, false, MAX_FRAME_BYTES);
  }

  /** Opens a stream with a header block alone. */
  public RawStream openAndEnd(RequestFields fields) {
    return open(fields, true, MAX_FRAME_BYTES);
  }

  /** Opens a stream with its header block in HEADERS and CONTINUATION frames of this size. */
  public RawStream openInPieces(RequestFields fields, int pieceBytes) {
    return open(fields, false, pieceBytes);
  }

  /** Sends a whole request in one write, the body in one DATA frame. */
  public RawStream request(RequestFields fields, ByteString body) {
    return open(fields).end(body);
  }

  /** Sends a PING and waits for its answer: what the server sent before it has then been read. */
  public RawHttp2Peer ping() {
    ByteString payload = integer(0).concat(integer((int) ++pings));
    send(Frame.PING, 0, 0, payload);
    await(
        "PING acknowledgement",
        () -> received.stream()
            .anyMatch(frame -> frame.type() == Frame.PING
                && frame.has(Frame.ACK)
                && frame.payload().equals(payload)));
    return this;
  }

  /** Waits until the server has sent that many PINGs; each is answered as soon as it is read. */
  public RawHttp2Peer awaitPing(int count) {
    await(count + " PINGs", () -> pingsOfTheServer() >= count);
    return this;
  }

  /** Returns how many PINGs of the server have been read. */
  public long pingsOfTheServer() {
    return received.stream()
        .filter(frame -> frame.type() == Frame.PING && !frame.has(Frame.ACK))
        .count();
  }

  /** Sends a GOAWAY. */
  public RawHttp2Peer goAway(int lastStreamId, int code) {
    send(Frame.GOAWAY, 0, 0, integer(lastStreamId).concat(integer(code)));
    return this;
  }

  /** Sends any frame. */
  public void send(int type, int flags, int streamId, ByteString payload) {
    int length = payload.size();
    byte[] head = {
      (byte) (length >>> 16), (byte) (length >>> 8), (byte) length, (byte) type, (byte) flags
    };
    sendBytes(ByteString.copyFrom(head).concat(integer(streamId)).concat(payload));
  }

  /** Sends any bytes. A connection that the server has closed swallows them. */
  public void sendBytes(ByteString bytes) {
    try {
      bytes.writeTo(out);
      out.flush();
    } catch (SocketException closed) {
      // What the server sent before it closed can still be read, and the end of it tells the
      // caller.
      return;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Waits for a GOAWAY that {@code matches} and returns it. */
  public Frame goAway(java.util.function.Predicate<Frame> matches) {
    await("GOAWAY", () -> goAways().stream().anyMatch(matches));
    return goAways().stream().filter(matches).findFirst().orElseThrow();
  }

  /** Waits for the server to close the connection. */
  public RawHttp2Peer awaitEnd() {
    await("the end of the connection", () -> ended);
    return this;
  }

  /** Returns the GOAWAY frames that have been read. */
  public List<Frame> goAways() {
    return received.stream().filter(frame -> frame.type() == Frame.GOAWAY).toList();
  }

  /** Whether the server has closed the connection, as far as has been read. */
  public boolean isEnded() {
    return ended;
  }

  /** Closes the socket with FIN. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Closes the socket with RST. */
  public void abort() {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    close();
  }

  /** Reads frames until {@code condition} holds. */
  public void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    while (!condition.getAsBoolean()) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (ended || left <= 0) {
        throw new AssertionError("expected " + what + ", but "
            + (ended ? "the connection ended" : "nothing came in " + WAIT_SECONDS + " s")
            + " after " + received);
      }
      readFrame((int) left);
    }
  }

  List<Frame> frames(int streamId) {
    return received.stream()
        .filter(frame -> frame.streamId() == streamId && frame.type() != Frame.WINDOW_UPDATE)
        .toList();
  }

  long windowUpdates(int streamId) {
    return received.stream()
        .filter(frame -> frame.streamId() == streamId && frame.type() == Frame.WINDOW_UPDATE)
        .mapToLong(frame -> frame.integer(0))
        .sum();
  }

  private RawStream open(RequestFields fields, boolean end, int pieceBytes) {
    int id = nextStreamId;
    nextStreamId += 2;
    ByteString block = HeaderBlocks.encode(fields.list());
    for (int at = 0; at < block.size(); at += pieceBytes) {
      int to = Math.min(block.size(), at + pieceBytes);
      int type = at == 0 ? Frame.HEADERS : Frame.CONTINUATION;
      int flags = at == 0 && end ? Frame.END_STREAM : 0;
      send(
          type,
          to == block.size() ? flags | Frame.END_HEADERS : flags,
          id,
          block.substring(at, to));
    }
    return new RawStream(this, id);
  }

  /** Returns how many frames of a type have been read. */
  public long count(int type) {
    return received.stream().filter(frame -> frame.type() == type).count();
  }

  private void readFrame(int timeoutMillis) {
    try {
      socket.setSoTimeout(Math.max(1, timeoutMillis));
      Frame frame = readOne();
      if (frame.type() == Frame.HEADERS) {
        ByteString block = frame.payload();
        Frame part = frame;
        while (!part.has(Frame.END_HEADERS)) {
          part = readOne();
          block = block.concat(part.payload());
        }
        List<Field> fields = blocks.decode(frame.streamId(), block);
        frame = new Frame(frame.type(), frame.flags(), frame.streamId(), block, fields);
      }
      received.add(frame);
      answer(frame);
    } catch (SocketTimeoutException late) {
      // The caller sees that its time is up and says what it waited for.
      return;
    } catch (EOFException | SocketException closed) {
      ended = true;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private Frame readOne() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int streamId = in.readInt() & Integer.MAX_VALUE;
    byte[] payload = new byte[length];
    in.readFully(payload);
    return new Frame(type, flags, streamId, ByteString.copyFrom(payload), List.of());
  }

  private void answer(Frame frame) {
    boolean asks = !frame.has(Frame.ACK);
    if (frame.type() == Frame.SETTINGS && asks) {
      send(Frame.SETTINGS, Frame.ACK, 0, ByteString.EMPTY);
    } else if (frame.type() == Frame.PING && asks) {
      send(Frame.PING, Frame.ACK, 0, frame.payload());
    } else if (frame.type() == Frame.DATA && opensWindows && !frame.payload().isEmpty()) {
      ByteString size = integer(frame.payload().size());
      send(Frame.WINDOW_UPDATE, 0, 0, size);
      if (!frame.endsStream()) {
        send(Frame.WINDOW_UPDATE, 0, frame.streamId(), size);
      }
    }
  }
}
