package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Tells by the first bytes of a clear-text connection whether the client speaks HTTP/2 by prior
 * knowledge (RFC 9113, section 3.3) or HTTP/1.1, and leaves. An upgrade to HTTP/2 is not offered.
 */
final class HttpVersionDetector extends ByteToMessageDecoder {

  private final Choice choice;

  /** Puts the handlers of a version into the pipeline. */
  interface Choice {
    void start(boolean http2);
  }

  HttpVersionDetector(Choice choice) {
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

  private void choose(ChannelHandlerContext ctx, boolean http2) {
    choice.start(http2);
    // What it holds goes to the handlers that have just been added.
    ctx.pipeline().remove(this);
  }
}
