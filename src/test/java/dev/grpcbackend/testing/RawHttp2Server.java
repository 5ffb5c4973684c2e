package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A server that speaks HTTP/2 frames over plain sockets, one at a time and only when it is told to.
 * Not thread-safe; whoever waits for a client in vain gets an exception after {@value #WAIT_MILLIS}
 * milliseconds.
 */
public final class RawHttp2Server implements AutoCloseable {

  private static final int WAIT_MILLIS = Patience.SECONDS * 1_000;
  private static final int PREFACE_BYTES = 24;

  private final ServerSocket listener;
  private final List<Session> sessions = new ArrayList<>();

  private RawHttp2Server(ServerSocket listener) {
    this.listener = listener;
  }

  /** Listens on a free port of the loopback address. */
  public static RawHttp2Server start() throws IOException {
    ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    listener.setSoTimeout(WAIT_MILLIS);
    return new RawHttp2Server(listener);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Waits for a client and greets it with these settings, see {@link RawHttp2Peer#setting}. */
  public Session accept(ByteString settings) throws IOException {
    Session session = acceptSilently();
    session.send(Frame.SETTINGS, 0, 0, settings);
    return session;
  }

  public Session accept() throws IOException {
    return accept(ByteString.EMPTY);
  }

  /** Waits for a client and says nothing. */
  public Session acceptSilently() throws IOException {
    Socket socket = listener.accept();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(WAIT_MILLIS);
    Session session = new Session(socket);
    sessions.add(session);
    return session;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Session session : sessions) {
      session.close();
    }
  }

  /**
   * A request that has been read to its end.
   *
   * @param body the bytes of its DATA frames
   */
  public record Request(int streamId, List<Field> fields, ByteString body) {

    /** Returns the first value of a field, empty if there is none. */
    public String field(String name) {
      return fields.stream()
          .filter(field -> field.name().equals(name))
          .map(Field::value)
          .findFirst()
          .orElse("");
    }
  }

  /** One connection of a client. */
  public static final class Session implements AutoCloseable {

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final HeaderBlocks blocks = new HeaderBlocks();
    private boolean prefaceRead;

    private Session(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      this.out = socket.getOutputStream();
    }

    /** Waits for a request and its end; acknowledges settings and pings on the way. */
    public Request request() throws IOException {
      int id = 0;
      List<Field> fields = List.of();
      ByteString body = ByteString.EMPTY;
      while (true) {
        Frame frame = read();
        if (frame.type() == Frame.HEADERS && id == 0) {
          id = frame.streamId();
          fields = frame.fields();
        } else if (frame.type() == Frame.DATA && frame.streamId() == id) {
          body = body.concat(frame.payload());
        }
        if (id != 0 && frame.streamId() == id && frame.has(Frame.END_STREAM)) {
          return new Request(id, fields, body);
        }
      }
    }

    /** Waits for a frame of a type. */
    public Frame frame(int type) throws IOException {
      Frame frame = read();
      while (frame.type() != type || frame.has(Frame.ACK)) {
        frame = read();
      }
      return frame;
    }

    /** Answers with one message and OK. */
    public void answer(int streamId, MessageLite message) {
      headers(
          streamId,
          false,
          new Field(":status", "200"),
          new Field("content-type", "application/grpc"));
      send(Frame.DATA, 0, streamId, GrpcFrames.message(message));
      headers(streamId, true, new Field("grpc-status", "0"));
    }

    /** Answers with a status alone, and further fields. */
    public void fail(int streamId, int code, Field... more) {
      List<Field> fields = new ArrayList<>(List.of(
          new Field(":status", "200"),
          new Field("content-type", "application/grpc"),
          new Field("grpc-status", Integer.toString(code))));
      fields.addAll(List.of(more));
      headers(streamId, true, fields.toArray(Field[]::new));
    }

    public void headers(int streamId, boolean last, Field... fields) {
      send(
          Frame.HEADERS,
          Frame.END_HEADERS | (last ? Frame.END_STREAM : 0),
          streamId,
          HeaderBlocks.encode(List.of(fields)));
    }

    public void reset(int streamId, int code) {
      send(Frame.RST_STREAM, 0, streamId, RawHttp2Peer.integer(code));
    }

    public void goAway(int lastStreamId, int code) {
      send(
          Frame.GOAWAY,
          0,
          0,
          RawHttp2Peer.integer(lastStreamId).concat(RawHttp2Peer.integer(code)));
    }

    private Frame read() throws IOException {
      if (!prefaceRead) {
        in.readFully(new byte[PREFACE_BYTES]);
        prefaceRead = true;
      }
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int streamId = in.readInt() & Integer.MAX_VALUE;
      byte[] payload = new byte[length];
      in.readFully(payload);
      ByteString bytes = ByteString.copyFrom(payload);
      List<Field> fields =
          type == Frame.HEADERS ? blocks.decode(streamId, block(flags, bytes)) : List.of();
      Frame frame = new Frame(type, flags, streamId, bytes, fields);
      if (type == Frame.SETTINGS && !frame.has(Frame.ACK)) {
        send(Frame.SETTINGS, Frame.ACK, 0, ByteString.EMPTY);
      }
      return frame;
    }

    /** Returns a header block without the priority that some clients put before it. */
    private static ByteString block(int flags, ByteString payload) {
      return (flags & 0x20) == 0 ? payload : payload.substring(5);
    }

    public void send(int type, int flags, int streamId, ByteString payload) {
      int length = payload.size();
      byte[] head = {
        (byte) (length >>> 16), (byte) (length >>> 8), (byte) length, (byte) type, (byte) flags
      };
      try {
        ByteString.copyFrom(head)
            .concat(RawHttp2Peer.integer(streamId))
            .concat(payload)
            .writeTo(out);
        out.flush();
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
