package dev.grpcbackend.transport;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Netty's decoder, which also refuses what request smuggling is made of (RFC 9112, section 6.3). */
final class Http1RequestDecoder extends HttpRequestDecoder {

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    message.setDecoderResult(DecoderResult.failure(
        new IllegalArgumentException("transfer-encoding and content-length in one request")));
  }
}
