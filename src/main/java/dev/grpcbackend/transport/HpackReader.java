package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** The header blocks of a client (RFC 7541), in the order in which they come. */
final class HpackReader {

  private final int maxBytes;
  private final DefaultHttp2HeadersDecoder decoder;

  HpackReader(int maxBytes) {
    this.maxBytes = maxBytes;
    this.decoder = new DefaultHttp2HeadersDecoder(true, maxBytes);
  }

  /** Returns the fields, or null if HTTP does not allow them; the next block can be read either way. */
  @Nullable
  Http2Headers read(int stream, ByteBuf block) throws Http2Failure {
    try {
      return decoder.decodeHeaders(stream, block);
    } catch (Http2Exception.HeaderListSizeException tooLarge) {
      throw new Http2Failure(
          Http2Error.ENHANCE_YOUR_CALM, "header block over " + maxBytes + " bytes");
    } catch (Http2Exception.StreamException malformed) {
      return null;
    } catch (Http2Exception broken) {
      throw new Http2Failure(Http2Error.COMPRESSION_ERROR, "header block cannot be read");
    }
  }

  static boolean hasPseudoHeader(Http2Headers fields) {
    for (CharSequence name : fields.names()) {
      if (name.charAt(0) == ':') {
        return true;
      }
    }
    return false;
  }
}
