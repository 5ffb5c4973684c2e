package dev.grpcbackend.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the writer writes, read by Netty's decoder, which keeps the table of a client. */
class HpackWriterTest {

  private static final HeaderBlock HEAD = new HeaderBlock.Builder()
      .add("content-type", "application/grpc")
      .add("grpc-accept-encoding", "gzip")
      .build()
      .lasting();
  private static final HeaderBlock TRAILERS = HeaderBlock.of("grpc-status", "0").lasting();
  private static final String HEAD_TEXT =
      "[:status: 200, content-type: application/grpc, grpc-accept-encoding: gzip]";

  private final HpackWriter writer = new HpackWriter();
  private final DefaultHttp2HeadersDecoder client = new DefaultHttp2HeadersDecoder(true);

  @Test
  void shortensBlocksThatLastAndStaysInStepWithTheClient() throws Http2Exception {
    for (int call = 0; call < 4; call++) {
      ByteBuf head = written(200, HEAD);
      int headBytes = head.readableBytes();
      assertThat(read(head)).hasToString(HEAD_TEXT);
      HeaderBlock own = HeaderBlock.of("x-call", "number " + call);
      assertThat(read(written(204, own)))
          .hasToString("[:status: 204, x-call: number " + call + "]");
      ByteBuf trailers = written(HpackWriter.TRAILERS, TRAILERS);
      int trailerBytes = trailers.readableBytes();
      assertThat(read(trailers)).hasToString("[grpc-status: 0]");
      if (call > 0) {
        assertThat(headBytes).isEqualTo(3);
        assertThat(trailerBytes).isEqualTo(1);
      }
    }
  }

  @Test
  void writesEveryStatusAndLongValues() throws Http2Exception {
    for (int status : new int[] {200, 204, 206, 304, 400, 404, 405, 415, 431, 500, 505}) {
      HeaderBlock block = HeaderBlock.of("x-long", "v".repeat(status * 3));
      assertThat(read(written(status, block)))
          .containsExactly(":status: " + status, "x-long: " + "v".repeat(status * 3));
    }
  }

  @Test
  void usesNoTableWhereTheClientKeepsASmallerOne() throws Http2Exception {
    read(written(200, HEAD));
    client.configuration().maxHeaderTableSize(0);
    writer.maxTableBytes(0);
    for (int call = 0; call < 3; call++) {
      assertThat(read(written(200, HEAD))).hasToString(HEAD_TEXT);
    }
  }

  @Test
  void leavesWhatDoesNotFitIntoTheTableAsItIs() throws Http2Exception {
    List<HeaderBlock> blocks = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      blocks.add(HeaderBlock.of("x-" + i, "v".repeat(400)).lasting());
    }
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < blocks.size(); i++) {
        assertThat(read(written(HpackWriter.TRAILERS, blocks.get(i))))
            .containsExactly("x-" + i + ": " + "v".repeat(400));
      }
    }
  }

  private ByteBuf written(int status, HeaderBlock block) {
    ByteBuf out = Unpooled.buffer();
    writer.write(status, block, out);
    return out;
  }

  private List<String> read(ByteBuf block) throws Http2Exception {
    List<String> fields = new ArrayList<>();
    client
        .decodeHeaders(1, block)
        .forEach(field -> fields.add(field.getKey() + ": " + field.getValue()));
    return fields;
  }
}
