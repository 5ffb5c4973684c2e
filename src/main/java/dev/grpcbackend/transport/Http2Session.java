package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * One HTTP/2 connection of a client (RFC 9113) from its first frame after the preface to its end.
 * Everything happens on the connection's event loop, except that {@link Connection}'s methods may be
 * called from anywhere. What arrives together is answered together, in one write.
 */
final class Http2Session extends ByteToMessageDecoder implements Session {

  /** With so much waiting for the client to read it, nothing more is read from it. */
  private static final long STOP_READING_BYTES = 256 * 1024;

  /** RFC 9113, section 6.5.2. */
  private static final int MAX_CONCURRENT_STREAMS = 3;

  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int MAX_HEADER_LIST_SIZE = 6;

  private static final int MAX_PINGS = 64;
  private static final long PING_PAYLOAD = 0x6772_7063_7069_6E67L;

  private final ClientSocket socket;
  private final Channel channel;
  private final HttpLimits limits;
  private final Http2FrameWriter writer;
  private final Http2Streams streams;
  private final Http2FrameReader frames;
  private final ArrayDeque<Promise<Void>> pings = new ArrayDeque<>();
  private final Standstill reader = new Standstill();
  private long reads;
  private boolean reading;
  private boolean flushScheduled;
  private boolean closeWhenIdle;
  private boolean ending;
  private boolean closed;

  Http2Session(
      ClientSocket socket, Handler<Exchange> handler, HttpLimits limits, LongSupplier clock) {
    this.socket = socket;
    this.channel = socket.channel();
    this.limits = limits;
    HpackWriter hpack = new HpackWriter();
    this.writer = new Http2FrameWriter(channel, hpack);
    this.streams = new Http2Streams(this, handler, limits, clock, writer, hpack);
    this.frames = new Http2FrameReader(streams, limits.maxHeaderBlockBytes());
    greet(limits);
  }

  /** Says what the client may do: settings first, then the window of the connection. */
  private void greet(HttpLimits limits) {
    writer.settings(
        MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams(),
        INITIAL_WINDOW_SIZE, limits.streamWindowBytes(),
        MAX_HEADER_LIST_SIZE, limits.maxHeaderBlockBytes());
    if (limits.connectionWindowBytes() > Http2Streams.FIRST_WINDOW_BYTES) {
      writer.windowUpdate(0, limits.connectionWindowBytes() - Http2Streams.FIRST_WINDOW_BYTES);
    }
    writer.flush();
  }

  // From the pipeline.

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    reading = true;
    if (ending) {
      in.skipBytes(in.readableBytes());
      return;
    }
    try {
      frames.read(in);
    } catch (Http2Failure failure) {
      fail(failure);
      in.skipBytes(in.readableBytes());
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    reading = false;
    reads++;
    super.channelReadComplete(ctx);
    if (!closed) {
      writer.flush();
      countWaiting();
      if (channel.bytesBeforeWritable() > STOP_READING_BYTES) {
        channel.config().setAutoRead(false);
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    countWaiting();
    if (!closed && isWritable()) {
      channel.config().setAutoRead(true);
      streams.turns().write();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    streams.closeAll("connection lost");
    Promise<Void> ping;
    while ((ping = pings.poll()) != null) {
      ping.fail("connection lost");
    }
    frames.close();
    writer.close();
    socket.onClosed();
    ctx.fireChannelInactive();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // Vert.x says that the server has stopped listening; the drain decides when this one ends.
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // The socket or TLS failed: nothing more can be said to this client.
    OrderlyClose.closeNow(channel);
  }

  private void countWaiting() {
    if (!socket.countWaiting() && !ending) {
      onCut(Cut.TOO_MUCH_HELD);
      abort(Cut.TOO_MUCH_HELD.text());
    }
  }

  // From the streams.

  boolean isWritable() {
    return channel.isWritable();
  }

  /** Sends what was written when the turn ends: after all that has arrived, or all that now runs. */
  void onWritten() {
    if (!reading && !flushScheduled && !closed) {
      flushScheduled = true;
      channel.eventLoop().execute(this::flush);
    }
  }

  void onPong(long payload) {
    Promise<Void> ping = payload == PING_PAYLOAD ? pings.poll() : null;
    if (ping != null) {
      ping.complete();
    }
  }

  /** A client has been cut off. */
  void onCut(Cut cut) {
    socket.listener().cut(this, cut);
  }

  /** No stream is open. */
  void onIdle() {
    if (closeWhenIdle) {
      end();
    }
  }

  // As a connection.

  @Override
  public ClientSocket socket() {
    return socket;
  }

  @Override
  public boolean isHttp2() {
    return true;
  }

  @Override
  public boolean awaitsHead() {
    return frames.awaitsHead();
  }

  @Override
  public long heads() {
    return streams.headsRead();
  }

  @Override
  public int exchanges() {
    return streams.size();
  }

  @Override
  public long signs() {
    return 31 * reads + socket.progress();
  }

  @Override
  public void lookAtPace(long now) {
    streams.lookAtPace(now);
    if (limits.patience().isStall(reader.look(socket.isBehind(), socket.progress(), now))) {
      onCut(Cut.STALLED_READER);
      abort(Cut.STALLED_READER.text());
    }
  }

  @Override
  public void goAway(long errorCode, int lastStreamId) {
    socket.run(() -> goAway(errorCode, lastStreamId, ""));
  }

  private void goAway(long errorCode, int lastStreamId, String reason) {
    boolean last = lastStreamId == LAST_OPENED;
    if (closed || ending) {
      return;
    }
    writer.goAway(last ? streams.lastOpened() : lastStreamId, errorCode, reason);
    onWritten();
    if (last) {
      streams.refuse();
      closeWhenIdle = true;
      if (streams.size() == 0) {
        end();
      }
    }
  }

  @Override
  public void retire(String reason) {
    goAway(NO_ERROR, ALL_STREAMS, reason);
    // What the client has sent before it answers, it had sent before it knew.
    ping().onSuccess(heard -> goAway(NO_ERROR, LAST_OPENED, reason));
  }

  @Override
  public void abort(String reason) {
    ending = true;
    streams.closeAll(reason);
    socket.close();
  }

  @Override
  public Future<Void> ping() {
    Promise<Void> answered = socket.promise();
    socket.run(() -> {
      if (closed || pings.size() == MAX_PINGS) {
        answered.fail(closed ? "connection lost" : MAX_PINGS + " pings are unanswered");
      } else {
        pings.add(answered);
        writer.ping(false, PING_PAYLOAD);
        onWritten();
      }
    });
    return answered.future();
  }

  private void fail(Http2Failure failure) {
    onCut(failure.cut());
    writer.goAway(streams.lastOpened(), failure.error().code(), failure.reason());
    end();
    streams.closeAll("connection error: " + failure.reason());
  }

  private void end() {
    if (ending || closed) {
      return;
    }
    ending = true;
    writer.flush();
    OrderlyClose.begin(channel);
  }

  private void flush() {
    flushScheduled = false;
    if (!closed) {
      writer.flush();
    }
  }
}
