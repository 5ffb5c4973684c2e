package dev.grpcbackend.transport;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Netty's decoder, which also refuses what request smuggling is made of (RFC 9112, section 6.3). */
final class Http1RequestDecoder extends HttpRequestDecoder {

  /** Creates a decoder that takes as large a head as HTTP/2 does. */
  Http1RequestDecoder(HttpLimits limits) {
    super(new HttpDecoderConfig()
        .setMaxInitialLineLength(limits.maxHeaderBlockBytes())
        .setMaxHeaderSize(limits.maxHeaderBlockBytes()));
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    message.setDecoderResult(DecoderResult.failure(
        new IllegalArgumentException("transfer-encoding and content-length in one request")));
  }
}
