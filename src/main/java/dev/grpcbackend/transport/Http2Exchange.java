package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One stream of an {@link Http2Session}. What it is given to write leaves at once as far as the
 * windows and the socket allow; the rest waits, and as long as something waits the exchange is full.
 */
final class Http2Exchange extends SessionExchange {

  /** What a call costs by itself, more or less: it, its headers and what is made for them. */
  static final int OWN_BYTES = 4 * 1024;

  private final Http2Streams streams;
  private final int id;
  private final Http2Request request;

  private int receiveWindow;
  private int credit;
  private long received;

  private boolean headSent;
  private long sendWindow;
  private long sent;
  private @Nullable ArrayDeque<ByteBuf> unsent;
  private boolean ends;
  private boolean endWritten;
  private @Nullable HeaderBlock trailers;

  /** Is in the queue of those that wait for the connection; only {@link Http2Turns} cares. */
  boolean inTurn;

  Http2Exchange(
      Http2Streams streams,
      int id,
      Http2Request request,
      ContextInternal context,
      long sendWindow) {
    super(context);
    this.streams = streams;
    this.id = id;
    this.request = request;
    this.receiveWindow = streams.limits().streamWindowBytes();
    this.sendWindow = sendWindow;
    hold(OWN_BYTES);
  }

  int id() {
    return id;
  }

  // From the protocol above.

  @Override
  public Connection connection() {
    return streams.connection();
  }

  @Override
  public boolean isHttp2() {
    return true;
  }

  @Override
  public String method() {
    return request.method();
  }

  @Override
  public String target() {
    return request.target();
  }

  @Override
  public MultiMap headers() {
    return request.headers();
  }

  @Override
  public @Nullable String header(CharSequence name) {
    return request.header(name);
  }

  @Override
  public Future<Void> sendHead() {
    if (isOver()) {
      return ended();
    }
    ensureHead(false);
    return DONE;
  }

  @Override
  public Future<Void> write(Buffer data) {
    if (isOver()) {
      return ended();
    }
    ensureHead(false);
    send(bytes(data));
    return whenSent();
  }

  @Override
  public void end(@Nullable Buffer data, @Nullable HeaderBlock trailers) {
    if (isOver()) {
      return;
    }
    over();
    ends = true;
    this.trailers = trailers;
    endWritten = data == null && trailers == null && !headSent;
    ensureHead(endWritten);
    send(data == null ? Unpooled.EMPTY_BUFFER : bytes(data));
  }

  @Override
  public void reset(long code) {
    if (!isOver()) {
      over();
      streams.reset(this, code);
    }
  }

  // From the connection below.

  /** Takes a part of the body; false if its length is not what the head announced. */
  boolean onData(ByteBuf in, int length, boolean end) {
    received += length;
    long announced = request.contentLength();
    if (announced >= 0 && (end ? received != announced : received > announced)) {
      return false;
    }
    if (isUnwanted()) {
      streams.credit(length);
    } else if (length > 0) {
      if (end) {
        requestEnded();
      }
      onBody(in, length);
    }
    if (end) {
      requestEnded();
      deliver();
    }
    return true;
  }

  /** The request has ended with its head or with trailers; false if a part of the body is missing. */
  boolean onEnd() {
    requestEnded();
    deliver();
    return request.contentLength() <= 0 || received == request.contentLength();
  }

  /** Whether the window that the client was given holds {@code bytes} more. */
  boolean takeReceiveWindow(int bytes) {
    receiveWindow -= bytes;
    return receiveWindow >= 0;
  }

  /** Changes what the client takes; false if that is more than a window can be. */
  boolean growSendWindow(long by) {
    sendWindow += by;
    return sendWindow <= Integer.MAX_VALUE;
  }

  /** Whether something waits that only the connection or the socket holds up. */
  boolean hasSendable() {
    return unsent != null && (sendWindow > 0 || !unsent.element().isReadable());
  }

  /** Sends one frame of what waits. */
  void sendNext() {
    ArrayDeque<ByteBuf> waiting = unsent;
    if (waiting == null) {
      return;
    }
    ByteBuf next = waiting.element();
    if (next.isReadable()) {
      int before = next.readableBytes();
      sendFrame(next);
      hold(next.readableBytes() - before);
    }
    if (unsent == waiting && !next.isReadable()) {
      waiting.remove().release();
      if (waiting.isEmpty()) {
        unsent = null;
        finishIfEnded();
        onRoom();
      }
    }
  }

  /** It is over: nothing of it may be sent any more, and nobody reads what is left of the request. */
  void onRemoved() {
    if (unsent != null) {
      unsent.forEach(ByteBuf::release);
      unsent = null;
    }
    dropUnread();
    holdNothing();
  }

  @Override
  MemoryShare memory() {
    return streams.connection().socket().memory();
  }

  @Override
  void onHeldTooMuch() {
    streams.cut(this, Cut.TOO_MUCH_HELD);
  }

  @Override
  boolean isFull() {
    return unsent != null;
  }

  @Override
  boolean isBehind() {
    return unsent != null;
  }

  @Override
  long sentBytes() {
    return sent;
  }

  @Override
  long receivedBytes() {
    return received;
  }

  @Override
  boolean hasReceiveWindow() {
    return receiveWindow > 0 && streams.hasReceiveWindow();
  }

  @Override
  void onConsumed(int bytes) {
    streams.credit(bytes);
    if (isRequestEnded() || isOver()) {
      return;
    }
    credit += bytes;
    if (credit >= streams.limits().streamWindowBytes() / 2) {
      receiveWindow += credit;
      streams.writer().windowUpdate(id, credit);
      streams.onWritten();
      credit = 0;
    }
  }

  private void ensureHead(boolean end) {
    if (!headSent) {
      headSent = true;
      streams.writer().headers(id, status(), head(), end);
      streams.onWritten();
    }
  }

  private void send(ByteBuf bytes) {
    if (unsent != null) {
      unsent.add(bytes);
      hold(bytes.readableBytes());
      return;
    }
    while (bytes.isReadable()) {
      if (sendWindow <= 0 || !streams.turns().mayWrite()) {
        unsent = new ArrayDeque<>(2);
        unsent.add(bytes);
        hold(bytes.readableBytes());
        streams.turns().await(this);
        return;
      }
      sendFrame(bytes);
    }
    bytes.release();
    finishIfEnded();
  }

  private void sendFrame(ByteBuf bytes) {
    int length = (int)
        Math.min(bytes.readableBytes(), Math.min(sendWindow, streams.turns().maxFrame()));
    boolean isLast = ends
        && trailers == null
        && length == bytes.readableBytes()
        && (unsent == null || unsent.size() == 1);
    sendWindow -= length;
    sent += length;
    endWritten |= isLast;
    streams.writeData(id, bytes, length, isLast);
  }

  private void finishIfEnded() {
    if (!ends) {
      return;
    }
    if (trailers != null) {
      streams.writer().headers(id, HpackWriter.TRAILERS, trailers, true);
    } else if (!endWritten) {
      streams.writer().data(id, Unpooled.EMPTY_BUFFER, 0, true);
    }
    streams.onWritten();
    streams.ended(this);
  }
}
