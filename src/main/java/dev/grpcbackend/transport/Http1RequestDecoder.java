package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.List;

/** Netty's decoder, which also refuses what request smuggling is made of (RFC 9112, section 6.3). */
final class Http1RequestDecoder extends HttpRequestDecoder {

  private boolean inHead;

  /** Creates a decoder that takes as large a head as HTTP/2 does. */
  Http1RequestDecoder(HttpLimits limits) {
    super(new HttpDecoderConfig()
        .setMaxInitialLineLength(limits.maxHeaderBlockBytes())
        .setMaxHeaderSize(limits.maxHeaderBlockBytes()));
  }

  /** Whether bytes have come since the last request, or its last part, that are not one yet. */
  boolean isInHead() {
    return inHead;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    inHead = true;
    super.decode(ctx, in, out);
    inHead = out.isEmpty();
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    message.setDecoderResult(DecoderResult.failure(
        new IllegalArgumentException("transfer-encoding and content-length in one request")));
  }
}
