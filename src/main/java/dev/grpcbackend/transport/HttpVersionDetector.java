package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.vertx.core.Future;
import java.util.List;

/**
 * Tells by the first bytes of a clear-text connection whether the client speaks HTTP/2 by prior
 * knowledge (RFC 9113, section 3.3) or HTTP/1.1, and leaves. An upgrade to HTTP/2 is not offered. It
 * is the connection until then: one on which nothing has been asked, and nothing is owed.
 */
final class HttpVersionDetector extends ByteToMessageDecoder implements Session {

  private final ClientSocket socket;
  private final Choice choice;

  /** Puts the handlers of a version into the pipeline. */
  interface Choice {
    Session start(boolean http2);
  }

  HttpVersionDetector(ClientSocket socket, Choice choice) {
    this.socket = socket;
    this.choice = choice;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    int known = Math.min(in.readableBytes(), Http2FrameReader.PREFACE.length());
    for (int i = 0; i < known; i++) {
      if (in.getByte(in.readerIndex() + i) != Http2FrameReader.PREFACE.byteAt(i)) {
        choose(ctx, false);
        return;
      }
    }
    if (known == Http2FrameReader.PREFACE.length()) {
      choose(ctx, true);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    socket.onClosed();
    ctx.fireChannelInactive();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // Vert.x says that the server has stopped listening; the drain decides when this one ends.
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // Vert.x would log it, once for every client that resets its connection.
    socket.close();
  }

  @Override
  public ClientSocket socket() {
    return socket;
  }

  @Override
  public boolean isHttp2() {
    return false;
  }

  @Override
  public boolean awaitsHead() {
    return true;
  }

  @Override
  public long heads() {
    return 0;
  }

  @Override
  public int exchanges() {
    return 0;
  }

  @Override
  public long signs() {
    return 0;
  }

  @Override
  public void lookAtPace(long now) {}

  @Override
  public Future<Void> ping() {
    return Future.succeededFuture();
  }

  @Override
  public void goAway(long errorCode, int lastStreamId) {
    if (lastStreamId == LAST_OPENED) {
      socket.close();
    }
  }

  @Override
  public void retire(String reason) {
    socket.close();
  }

  @Override
  public void abort(String reason) {
    socket.close();
  }

  private void choose(ChannelHandlerContext ctx, boolean http2) {
    socket.listener().identified(this, choice.start(http2));
    // What it holds goes to the handlers that have just been added.
    ctx.pipeline().remove(this);
  }
}
