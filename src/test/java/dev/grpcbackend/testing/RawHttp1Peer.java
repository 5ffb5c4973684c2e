package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A client that speaks HTTP/1.1 over a plain socket and may break every rule. Each wait ends after
 * {@value #WAIT_MILLIS} ms with an exception. Not thread-safe.
 */
public final class RawHttp1Peer implements AutoCloseable {

  private static final int WAIT_MILLIS = Patience.SECONDS * 1_000;

  private final Socket socket;
  private final InputStream in;

  private RawHttp1Peer(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  public static RawHttp1Peer connect(int port) {
    try {
      Socket socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(WAIT_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), WAIT_MILLIS);
      return new RawHttp1Peer(socket);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Sends a request with a body of known length. */
  public RawHttp1Peer request(RequestFields fields, ByteString body) {
    return head(fields.with("content-length", Integer.toString(body.size()))).bytes(body);
  }

  /** Sends a request whose body is these chunks. */
  public RawHttp1Peer chunked(RequestFields fields, List<ByteString> chunks) {
    head(fields.with("transfer-encoding", "chunked"));
    chunks.forEach(this::chunk);
    return bytes(ByteString.copyFromUtf8("0\r\n\r\n"));
  }

  /** Sends one chunk. */
  public RawHttp1Peer chunk(ByteString bytes) {
    return bytes(ByteString.copyFromUtf8(Integer.toHexString(bytes.size()) + "\r\n")
        .concat(bytes)
        .concat(ByteString.copyFromUtf8("\r\n")));
  }

  /** Sends the head of a request, made of fields for HTTP/2; names are written as {@code X-Name}. */
  public RawHttp1Peer head(RequestFields fields) {
    StringBuilder head = new StringBuilder();
    head.append(fields.value(":method")).append(' ').append(fields.value(":path"));
    head.append(" HTTP/1.1\r\nHost: ").append(fields.value(":authority")).append("\r\n");
    for (Field field : fields.list()) {
      if (!field.name().startsWith(":") && !field.name().equals("te")) {
        head.append(titleCase(field.name())).append(": ").append(field.value()).append("\r\n");
      }
    }
    return bytes(ByteString.copyFrom(head.append("\r\n").toString(), StandardCharsets.ISO_8859_1));
  }

  /** Sends bytes as they are. */
  public RawHttp1Peer bytes(ByteString bytes) {
    try {
      bytes.writeTo(socket.getOutputStream());
      socket.getOutputStream().flush();
    } catch (SocketException closed) {
      // What the server sent before it closed can still be read.
      return this;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return this;
  }

  /** Waits for one whole response. */
  public WebResponse response() {
    try {
      String statusLine = line();
      List<Field> headers = new ArrayList<>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        headers.add(new Field(
            line.substring(0, colon).toLowerCase(java.util.Locale.ROOT),
            line.substring(colon + 1).strip()));
      }
      WebResponse head =
          new WebResponse(Integer.parseInt(statusLine.split(" ", 3)[1]), headers, ByteString.EMPTY);
      return new WebResponse(head.status(), headers, body(head));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Waits for the server to close the connection. */
  public void awaitEnd() {
    try {
      int read = in.read();
      if (read >= 0) {
        throw new AssertionError("expected the end of the connection, but got byte " + read);
      }
    } catch (SocketException closed) {
      return;
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

  /** Closes the socket. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static String titleCase(String name) {
    StringBuilder title = new StringBuilder(name);
    for (int i = 0; i < name.length(); i++) {
      if (i == 0 || name.charAt(i - 1) == '-') {
        title.setCharAt(i, Character.toUpperCase(name.charAt(i)));
      }
    }
    return title.toString();
  }

  private ByteString body(WebResponse head) throws IOException {
    if (head.header("transfer-encoding").isPresent()) {
      ByteString body = ByteString.EMPTY;
      while (true) {
        int size = Integer.parseInt(line(), 16);
        body = body.concat(exactly(size));
        line();
        if (size == 0) {
          return body;
        }
      }
    }
    return head.header("content-length").isPresent()
        ? exactly(Integer.parseInt(head.header("content-length").get()))
        : ByteString.EMPTY;
  }

  private ByteString exactly(int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new EOFException("the body ended after " + bytes.length + " of " + size + " bytes");
    }
    return ByteString.copyFrom(bytes);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        throw new EOFException("the connection ended after \"" + line + "\"");
      }
      line.write(read);
    }
    return line.toString(StandardCharsets.ISO_8859_1).strip();
  }
}
