package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * HPACK (RFC 7541) of one connection. Writes literals only, without a check, so that anything can be
 * sent; reads with Netty's decoder.
 */
final class HeaderBlocks {

  private static final int MAX_LIST_BYTES = 1 << 20;
  private static final int PREFIX_7 = 127;

  private final DefaultHttp2HeadersDecoder decoder =
      new DefaultHttp2HeadersDecoder(false, MAX_LIST_BYTES);

  static ByteString encode(List<Field> fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (Field field : fields) {
      // Literal without indexing, new name (section 6.2.2), neither string Huffman-coded.
      block.write(0);
      writeString(field.name(), block);
      writeString(field.value(), block);
    }
    return ByteString.copyFrom(block.toByteArray());
  }

  List<Field> decode(int streamId, ByteString block) {
    List<Field> fields = new ArrayList<>();
    try {
      decoder
          .decodeHeaders(streamId, Unpooled.wrappedBuffer(block.asReadOnlyByteBuffer()))
          .forEach(entry ->
              fields.add(new Field(entry.getKey().toString(), entry.getValue().toString())));
    } catch (Http2Exception malformed) {
      throw new AssertionError("the server sent a malformed header block", malformed);
    }
    return List.copyOf(fields);
  }

  private static void writeString(String text, ByteArrayOutputStream into) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    int rest = bytes.length - PREFIX_7;
    into.write(Math.min(bytes.length, PREFIX_7));
    if (rest >= 0) {
      for (; rest >= 128; rest >>>= 7) {
        into.write((rest & 127) | 128);
      }
      into.write(rest);
    }
    into.writeBytes(bytes);
  }
}
