package dev.grpcbackend.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.grpcbackend.testing.Fuzzed;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * HTTP/2 frames and header blocks under bytes of all kinds. Without {@code JAZZER_FUZZ=1} the
 * committed inputs are replayed.
 */
class TransportFuzzTest {

  private static final int MAX_BLOCK_BYTES = 8 << 10;

  /** The first byte says how the rest, which follows the preface, is cut. */
  @FuzzTest
  void frames(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] stream = Arrays.copyOfRange(input, 1, input.length);
    assertThat(events(stream, 1 + (input[0] & 0xFF)))
        .isEqualTo(events(stream, Math.max(1, stream.length)));
  }

  private static List<String> events(byte[] stream, int piece) {
    Events events = new Events();
    Http2FrameReader reader = new Http2FrameReader(events, MAX_BLOCK_BYTES);
    ByteBuf in = Unpooled.buffer();
    try {
      reader.read(in.writeBytes(Http2FrameReader.PREFACE.array()));
      for (int at = 0; at < stream.length; at += piece) {
        reader.read(in.writeBytes(stream, at, Math.min(piece, stream.length - at)));
      }
    } catch (Http2Failure failure) {
      events.add(failure.error() + " " + failure.reason());
    } finally {
      reader.close();
      in.release();
    }
    return events;
  }

  /** Blocks of a connection, each behind a byte that is its length. */
  @FuzzTest
  void headerBlocks(byte[] input) {
    HpackReader reader = new HpackReader(MAX_BLOCK_BYTES);
    int at = 0;
    try {
      while (at < input.length) {
        int length = Math.min(input[at] & 0xFF, input.length - at - 1);
        Http2Headers fields = reader.read(1, Unpooled.wrappedBuffer(input, at + 1, length));
        if (fields != null) {
          var unused = HpackReader.hasPseudoHeader(fields);
          var request = Http2Request.of(fields);
          assertThat(request == null || !request.method().isEmpty()).isTrue();
        }
        at += 1 + length;
      }
    } catch (Http2Failure failure) {
      assertThat(failure.reason()).isNotEmpty();
    }
  }

  /** Header blocks by lines: a status, then fields; "!" for a lasting block, "~" for a new table. */
  @FuzzTest
  void headerBlocksAreReadAsTheyWereWritten(byte[] input) throws Http2Exception {
    HpackWriter writer = new HpackWriter();
    DefaultHttp2HeadersDecoder peer = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    List<HeaderBlock> lasting = new ArrayList<>();
    for (String line : Fuzzed.text(input).split("\n", -1)) {
      if (line.startsWith("~")) {
        long bytes = line.length() > 1 ? line.charAt(1) * 32L : 0;
        writer.maxTableBytes(bytes);
        peer.configuration().maxHeaderTableSize(Math.max(bytes, 0));
        continue;
      }
      HeaderBlock block = block(line);
      if (line.startsWith("!")) {
        lasting.add(block.lasting());
        block = lasting.get(line.length() % lasting.size());
      }
      int status = line.length() % 3 == 0 ? HpackWriter.TRAILERS : 200 + line.length() % 300;
      ByteBuf out = Unpooled.buffer();
      writer.write(status, block, out);
      List<String> read = new ArrayList<>();
      peer.decodeHeaders(1, out).forEach(f -> read.add(f.getKey() + "=" + f.getValue()));
      List<String> written = new ArrayList<>();
      if (status != HpackWriter.TRAILERS) {
        written.add(":status=" + status);
      }
      block.forEach((name, value) -> written.add(name + "=" + value));
      assertThat(read).isEqualTo(written);
    }
  }

  private static HeaderBlock block(String line) {
    HeaderBlock.Builder block = new HeaderBlock.Builder();
    for (String field : line.split(";", -1)) {
      int equals = field.indexOf('=');
      String name = "x" + (equals < 0 ? field : field.substring(0, equals)).length() % 40;
      block.add(name, equals < 0 ? "" : field.substring(equals + 1));
    }
    return block.build();
  }

  /** Writes down what the reader finds. */
  private static final class Events extends ArrayList<String> implements Http2FrameReader.Listener {

    private static final long serialVersionUID = 1L;

    @Override
    public void onData(int stream, ByteBuf in, int length, int flowBytes, boolean end) {
      add("data " + stream + " " + hex(in, length) + " " + flowBytes + " " + end);
    }

    @Override
    public void onHeaders(int stream, ByteBuf in, int length, int dependency, boolean end) {
      add("headers " + stream + " " + hex(in, length) + " " + dependency + " " + end);
    }

    private static String hex(ByteBuf in, int length) {
      return ByteBufUtil.hexDump(in, in.readerIndex(), length);
    }

    @Override
    public void onPriority(int stream, int dependency) {
      add("priority " + stream + " " + dependency);
    }

    @Override
    public void onReset(int stream, long code) {
      add("reset " + stream + " " + code);
    }

    @Override
    public void onSetting(int id, long value) {
      add("setting " + id + " " + value);
    }

    @Override
    public void onSettingsEnd() {
      add("settings end");
    }

    @Override
    public void onPing(boolean ack, long payload) {
      add("ping " + ack + " " + payload);
    }

    @Override
    public void onWindowUpdate(int stream, int increment) {
      add("window " + stream + " " + increment);
    }

    @Override
    public void onNothing() {
      add("nothing");
    }
  }
}
