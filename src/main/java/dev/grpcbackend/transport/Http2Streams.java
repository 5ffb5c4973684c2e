package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.vertx.core.Handler;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection (RFC 9113, section 5): opens and closes them, keeps the windows of
 * the connection, and lets those that wait write in turn.
 */
final class Http2Streams implements Http2FrameReader.Listener {

  /** RFC 9113, section 6.9.2. */
  static final int FIRST_WINDOW_BYTES = 65_535;

  private final Http2Session session;
  private final ContextInternal context;
  private final Handler<Exchange> handler;
  private final HttpLimits limits;
  private final Http2Budget budget;
  private final Http2FrameWriter writer;
  private final HpackReader heads;

  private final IntObjectMap<Http2Exchange> open = new IntObjectHashMap<>();
  private final Http2Turns turns;
  private final RecentStreams recentResets = new RecentStreams();
  private final Http2Settings settings;
  private final LinePace pace = new LinePace();
  private int lastOpened;
  private long headsRead;
  private boolean refusing;
  private int receiveWindow;
  private int credit;

  Http2Streams(
      Http2Session session,
      Handler<Exchange> handler,
      HttpLimits limits,
      LongSupplier clock,
      Http2FrameWriter writer,
      HpackWriter hpack) {
    this.session = session;
    this.context = session.socket().context();
    this.handler = handler;
    this.limits = limits;
    this.writer = writer;
    this.budget = new Http2Budget(
        limits, clock, opened -> session.socket().listener().reset(session, opened));
    this.settings = new Http2Settings(hpack, writer);
    this.heads = new HpackReader(limits.maxHeaderBlockBytes());
    this.receiveWindow = limits.connectionWindowBytes();
    this.turns = new Http2Turns(session, writer);
  }

  // For the session and the exchanges.

  Http2Session connection() {
    return session;
  }

  HttpLimits limits() {
    return limits;
  }

  Http2FrameWriter writer() {
    return writer;
  }

  int lastOpened() {
    return lastOpened;
  }

  long headsRead() {
    return headsRead;
  }

  int size() {
    return open.size();
  }

  /** Whether the client may send what it is awaited to send: it has a window for a whole frame. */
  boolean hasReceiveWindow() {
    return receiveWindow >= Http2FrameReader.MAX_FRAME_BYTES;
  }

  /** Ends the streams whose client sends or reads more slowly than it may. */
  void lookAtPace(long now) {
    pace.look(new ArrayList<>(open.values()), limits.patience(), now, this::cut);
  }

  /** Ends a stream whose client is cut off, unless it has ended. */
  void cut(Http2Exchange exchange, Cut cut) {
    if (open.get(exchange.id()) == exchange) {
      // PROTOCOL-HTTP2, errors: this one is RESOURCE_EXHAUSTED for the client.
      boolean much = cut == Cut.TOO_MUCH_HELD;
      reset(exchange, (much ? Http2Error.ENHANCE_YOUR_CALM : Http2Error.CANCEL).code());
      exchange.onGone(cut.text());
      session.onCut(cut);
    }
  }

  /** Opens no more streams. */
  void refuse() {
    refusing = true;
  }

  void closeAll(String reason) {
    refusing = true;
    List<Http2Exchange> left = new ArrayList<>(open.values());
    open.clear();
    turns.clear();
    left.forEach(exchange -> exchange.onGone(reason));
  }

  Http2Turns turns() {
    return turns;
  }

  void writeData(int stream, ByteBuf data, int length, boolean end) {
    turns.sent(length);
    writer.data(stream, data, length, end);
    onWritten();
  }

  /** Something of a call has been written. */
  void onWritten() {
    budget.sent();
    session.onWritten();
  }

  /** The response has been written to its end. */
  void ended(Http2Exchange exchange) {
    if (!exchange.isRequestEnded()) {
      // RFC 9113, section 8.1: the rest of the request is not wanted.
      writer.reset(exchange.id(), Http2Error.NO_ERROR.code());
      recentResets.add(exchange.id());
    }
    remove(exchange);
  }

  /** Ends a stream both ways. */
  void reset(Http2Exchange exchange, long code) {
    writeReset(exchange.id(), code);
    remove(exchange);
  }

  /** Gives back a part of the connection's window. */
  void credit(int bytes) {
    credit += bytes;
    if (credit >= limits.connectionWindowBytes() / 2) {
      receiveWindow += credit;
      writer.windowUpdate(0, credit);
      session.onWritten();
      credit = 0;
    }
  }

  // From the frame reader.

  @Override
  public void onData(int stream, ByteBuf in, int length, int flowBytes, boolean end)
      throws Http2Failure {
    receiveWindow -= flowBytes;
    pace.received(length);
    if (receiveWindow < 0) {
      throw new Http2Failure(
          Http2Error.FLOW_CONTROL_ERROR, "more data than the connection's window allows");
    }
    Http2Exchange exchange = open.get(stream);
    if (exchange == null) {
      credit(flowBytes);
      onClosedStream(stream);
      return;
    }
    if (!end) {
      budget.data(length);
    }
    credit(flowBytes - length);
    if (exchange.isRequestEnded()) {
      credit(length);
      resetByFault(exchange, Http2Error.STREAM_CLOSED, "data after the end");
    } else if (!exchange.takeReceiveWindow(flowBytes)) {
      credit(length);
      resetByFault(exchange, Http2Error.FLOW_CONTROL_ERROR, "more data than its window allows");
    } else if (!exchange.onData(in, length, end)) {
      credit(length);
      resetByFault(exchange, Http2Error.PROTOCOL_ERROR, "body not as long as announced");
    }
  }

  @Override
  public void onHeaders(int stream, ByteBuf in, int length, int dependency, boolean end)
      throws Http2Failure {
    headsRead++;
    Http2Headers fields = heads.read(stream, in.readSlice(length));
    Http2Exchange exchange = open.get(stream);
    if (exchange != null) {
      onTrailers(exchange, fields, end);
    } else if (stream > lastOpened) {
      if ((stream & 1) == 0) {
        throw new Http2Failure(
            Http2Error.PROTOCOL_ERROR, "stream " + stream + " from a client (expected: odd)");
      }
      lastOpened = stream;
      open(stream, fields, dependency, end);
    } else if (!recentResets.contains(stream)) {
      throw new Http2Failure(Http2Error.STREAM_CLOSED, "headers on closed stream " + stream);
    }
  }

  @Override
  public void onPriority(int stream, int dependency) throws Http2Failure {
    budget.idleFrame();
    if (stream == dependency) {
      Http2Exchange exchange = open.get(stream);
      if (exchange != null) {
        resetByFault(exchange, Http2Error.PROTOCOL_ERROR, "it depends on itself");
      } else {
        resetUnopened(stream, Http2Error.PROTOCOL_ERROR);
      }
    }
  }

  @Override
  public void onReset(int stream, long code) throws Http2Failure {
    checkOpened(stream);
    Http2Exchange exchange = open.get(stream);
    if (exchange != null) {
      budget.reset();
      remove(exchange);
      exchange.onGone("reset by the caller with code " + code);
    } else {
      budget.idleFrame();
    }
  }

  @Override
  public void onSetting(int id, long value) throws Http2Failure {
    int change = settings.take(id, value);
    if (change != 0) {
      growStreamWindows(change);
    }
  }

  @Override
  public void onSettingsEnd() throws Http2Failure {
    budget.settings();
    writer.settingsAck();
    session.onWritten();
    turns.write();
  }

  @Override
  public void onPing(boolean ack, long payload) throws Http2Failure {
    if (ack) {
      budget.idleFrame();
      session.onPong(payload);
    } else {
      budget.ping(!open.isEmpty());
      writer.ping(true, payload);
      session.onWritten();
    }
  }

  @Override
  public void onWindowUpdate(int stream, int increment) throws Http2Failure {
    if (stream == 0) {
      budget.idleFrame();
      if (increment == 0) {
        throw new Http2Failure(Http2Error.PROTOCOL_ERROR, "window update by 0 (expected: > 0)");
      }
      if (!turns.growWindow(increment)) {
        throw new Http2Failure(Http2Error.FLOW_CONTROL_ERROR, "connection window over 2^31-1");
      }
    } else {
      checkOpened(stream);
      budget.idleFrame();
      Http2Exchange exchange = open.get(stream);
      if (exchange == null) {
        return;
      }
      if (increment == 0) {
        resetByFault(exchange, Http2Error.PROTOCOL_ERROR, "window update by 0");
      } else if (!exchange.growSendWindow(increment)) {
        resetByFault(exchange, Http2Error.FLOW_CONTROL_ERROR, "window over 2^31-1");
      } else {
        turns.await(exchange);
      }
    }
    turns.write();
  }

  @Override
  public void onNothing() throws Http2Failure {
    budget.idleFrame();
  }

  private void open(int stream, @Nullable Http2Headers fields, int dependency, boolean end)
      throws Http2Failure {
    if (refusing || open.size() >= limits.maxConcurrentStreams()) {
      resetUnopened(stream, Http2Error.REFUSED_STREAM);
      return;
    }
    if (!session.socket().memory().mayHold(Http2Exchange.OWN_BYTES)) {
      session.onCut(Cut.TOO_MUCH_HELD);
      resetUnopened(stream, Http2Error.REFUSED_STREAM);
      return;
    }
    Http2Request request = fields == null || dependency == stream ? null : Http2Request.of(fields);
    if (request == null) {
      resetUnopened(stream, Http2Error.PROTOCOL_ERROR);
      return;
    }
    budget.opened();
    ContextInternal own = context.duplicate();
    Http2Exchange exchange = new Http2Exchange(this, stream, request, own, settings.streamWindow());
    open.put(stream, exchange);
    own.dispatch((Exchange) exchange, handler);
    if (end && !exchange.onEnd()) {
      resetByFault(exchange, Http2Error.PROTOCOL_ERROR, "no body, but a length");
    }
  }

  private void onTrailers(Http2Exchange exchange, @Nullable Http2Headers fields, boolean end)
      throws Http2Failure {
    if (exchange.isRequestEnded()) {
      resetByFault(exchange, Http2Error.STREAM_CLOSED, "headers after the end");
    } else if (!end || fields == null || HpackReader.hasPseudoHeader(fields)) {
      resetByFault(exchange, Http2Error.PROTOCOL_ERROR, "malformed trailers");
    } else if (!exchange.onEnd()) {
      resetByFault(exchange, Http2Error.PROTOCOL_ERROR, "body not as long as announced");
    }
  }

  private void growStreamWindows(int change) throws Http2Failure {
    for (Http2Exchange exchange : open.values()) {
      if (!exchange.growSendWindow(change)) {
        throw new Http2Failure(Http2Error.FLOW_CONTROL_ERROR, "stream window over 2^31-1");
      }
      turns.await(exchange);
    }
  }

  private void onClosedStream(int stream) throws Http2Failure {
    checkOpened(stream);
    if (recentResets.contains(stream)) {
      budget.idleFrame();
    } else {
      resetUnopened(stream, Http2Error.STREAM_CLOSED);
    }
  }

  private void checkOpened(int stream) throws Http2Failure {
    if (stream > lastOpened || (stream & 1) == 0) {
      throw new Http2Failure(
          Http2Error.PROTOCOL_ERROR, "frame on stream " + stream + ", which was not opened");
    }
  }

  private void resetByFault(Http2Exchange exchange, Http2Error error, String reason)
      throws Http2Failure {
    reset(exchange, error.code());
    exchange.onGone(reason);
    budget.reset();
  }

  private void resetUnopened(int stream, Http2Error error) throws Http2Failure {
    writeReset(stream, error.code());
    if (error == Http2Error.REFUSED_STREAM) {
      budget.refusal();
    } else {
      budget.reset();
    }
  }

  private void writeReset(int stream, long code) {
    writer.reset(stream, code);
    recentResets.add(stream);
    session.onWritten();
  }

  private void remove(Http2Exchange exchange) {
    open.remove(exchange.id());
    exchange.onRemoved();
    if (open.isEmpty()) {
      session.onIdle();
    }
  }
}
