package dev.grpcbackend.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.Fuzzed;
import dev.grpcbackend.testing.echo.Everything;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.GZIPInputStream;

/**
 * The wire format under bytes of all kinds: every input ends with a value or with a status, and the
 * same one however it is cut. Without {@code JAZZER_FUZZ=1} the committed inputs are replayed.
 */
class WireFuzzTest {

  private static final int LIMIT = 64 << 10;
  private static final Marshaller<Everything> EVERYTHING = Marshaller.of(Everything.class);

  /** The first byte says how the rest is cut, and whether gzip was declared. */
  @FuzzTest
  void deframer(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] stream = java.util.Arrays.copyOfRange(input, 1, input.length);
    boolean gzip = (input[0] & 1) != 0;
    int piece = 1 + (input[0] & 0xFF) / 2;
    assertThat(deframed(stream, piece, gzip))
        .isEqualTo(deframed(stream, Math.max(1, stream.length), gzip));
  }

  private static List<Object> deframed(byte[] stream, int piece, boolean gzip) {
    MessageDeframer deframer = new MessageDeframer(LIMIT, gzip);
    List<Object> outcomes = new ArrayList<>();
    try {
      for (int at = 0; at < stream.length; at += piece) {
        deframer.add(Buffer.buffer(stream).slice(at, Math.min(stream.length, at + piece)));
        Everything message;
        while ((message = deframer.next(EVERYTHING)) != null) {
          outcomes.add(message);
        }
      }
      outcomes.add(deframer.isMidMessage());
    } catch (StatusException refused) {
      outcomes.add(refused.status());
    }
    return outcomes;
  }

  @FuzzTest
  void gzip(byte[] input) throws IOException, DataFormatException {
    assertThat(Gzip.inflate(Gzip.deflate(input), 0, Gzip.deflate(input).length, input.length))
        .isEqualTo(input);
    byte[] inflated;
    try {
      inflated = Gzip.inflate(input, 0, input.length, LIMIT);
    } catch (DataFormatException | StatusException refused) {
      return;
    }
    assertThat(inflated.length).isLessThanOrEqualTo(LIMIT);
    if ((input[3] & 2) != 0) {
      // A checksum of the header, which the peer checks and RFC 1952, section 2.3.1.2, lets us
      // skip.
      return;
    }
    try (GZIPInputStream peer = new GZIPInputStream(new ByteArrayInputStream(input))) {
      assertThat(peer.readAllBytes()).isEqualTo(inflated);
    }
  }

  @FuzzTest
  void timeout(byte[] input) {
    long nanos = TimeoutHeader.parseNanos(Fuzzed.text(input));
    if (nanos == TimeoutHeader.MALFORMED) {
      return;
    }
    assertThat(nanos).isNotNegative();
    long again = TimeoutHeader.parseNanos(TimeoutHeader.format(nanos));
    assertThat(again).isBetween(Math.min(1, nanos), Math.max(1, nanos));
    // The unit that fits is at most a thousand times coarser than one of eight digits.
    assertThat(again).isGreaterThanOrEqualTo((long) (nanos * 0.9999));
  }

  @FuzzTest
  void metadata(byte[] input) {
    Metadata read;
    try {
      read = MetadataHeaders.read(Fuzzed.headers(input));
    } catch (StatusException refused) {
      assertThat(refused.status().code()).isEqualTo(Status.INTERNAL.code());
      return;
    }
    MultiMap written = MultiMap.caseInsensitiveMultiMap();
    MetadataHeaders.write(read, (name, value) -> written.add(name.toString(), value.toString()));
    assertThat(shown(MetadataHeaders.read(written))).isEqualTo(shown(read));
  }

  private static List<String> shown(Metadata metadata) {
    List<String> entries = new ArrayList<>();
    metadata.forEach((name, value) -> entries.add(
        name + "=" + (value instanceof byte[] bytes ? MetadataHeaders.encode(bytes) : value)));
    return entries;
  }

  @FuzzTest
  void grpcMessage(byte[] input) {
    assertThat(StatusHeaders.decodeMessage(Fuzzed.text(input))).isNotNull();
    String text = new String(input, StandardCharsets.UTF_8);
    String encoded = StatusHeaders.encodeMessage(text);
    assertThat(encoded.chars()).allMatch(c -> c >= ' ' && c <= '~');
    assertThat(StatusHeaders.decodeMessage(encoded)).isEqualTo(text);
  }

  @FuzzTest
  void status(byte[] input) {
    MultiMap headers = Fuzzed.headers(input);
    Status status = StatusHeaders.read(headers);
    assertThat(status == null).isEqualTo(!headers.contains("grpc-status"));
    String details = headers.get("grpc-status-details-bin");
    if (details != null) {
      Object bytes =
          Fuzzed.outcome(() -> MetadataHeaders.decode("grpc-status-details-bin", details));
      if (bytes instanceof byte[] decoded) {
        var unused = RichStatus.parse(decoded);
      }
    }
  }

  /** The first byte says how the rest is cut. */
  @FuzzTest
  void webText(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] text = java.util.Arrays.copyOfRange(input, 1, input.length);
    Object whole = decoded(text, Math.max(1, text.length));
    assertThat(decoded(text, 1 + (input[0] & 0xFF))).isEqualTo(whole);
    byte[] encoded = Base64Text.encode(Buffer.buffer(text)).getBytes();
    assertThat(decoded(encoded, 3)).isEqualTo(ByteString.copyFrom(text));
    if (whole instanceof ByteString bytes && Fuzzed.text(text).indexOf('=') < 0) {
      byte[] groups = java.util.Arrays.copyOf(text, text.length / 4 * 4);
      assertThat(bytes).isEqualTo(ByteString.copyFrom(Base64.getDecoder().decode(groups)));
    }
  }

  private static Object decoded(byte[] text, int piece) {
    Base64Text decoder = new Base64Text();
    ByteString bytes = ByteString.EMPTY;
    try {
      for (int at = 0; at < text.length; at += piece) {
        Buffer part = Buffer.buffer(text).slice(at, Math.min(text.length, at + piece));
        bytes = bytes.concat(ByteString.copyFrom(decoder.decode(part).getBytes()));
      }
      return bytes;
    } catch (StatusException refused) {
      return refused.status();
    }
  }

  @FuzzTest
  void protobuf(byte[] input) {
    MessageDecoder decoder = new MessageDecoder(LIMIT, Status.INTERNAL);
    Object message = Fuzzed.outcome(() -> decoder.decode(EVERYTHING, input, 0, input.length));
    if (message instanceof Everything read) {
      Buffer body = MessageBody.of(EVERYTHING, read, false);
      assertThat(decoder.decode(EVERYTHING, body.getBytes(), 0, body.length())).isEqualTo(read);
    }
  }
}
