package dev.grpcbackend.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.proto.Request;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.StatusException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageDeframerTest {

  private static final int LIMIT = 200_000;
  private static final Marshaller<Request> REQUEST = Marshaller.of(Request.class);

  @Test
  void decodesEquallyHoweverTheBytesAreSplit() {
    byte[] bytes = framed(false, text(3), text(0), text(40)).getBytes();
    for (int first = 0; first <= bytes.length; first++) {
      for (int second = first; second <= bytes.length; second += 7) {
        MessageDeframer deframer = new MessageDeframer(LIMIT, false);
        List<String> texts = new ArrayList<>();
        for (int[] part : new int[][] {{0, first}, {first, second}, {second, bytes.length}}) {
          deframer.add(Buffer.buffer(bytes).slice(part[0], part[1]));
          readAll(deframer, texts);
        }
        assertThat(texts).containsExactly(text(3), text(0), text(40));
        assertThat(deframer.isMidMessage()).isFalse();
      }
    }
  }

  @Test
  void keepsWhatWasAddedBeforeItIsAskedFor() {
    MessageDeframer deframer = new MessageDeframer(LIMIT, false);
    byte[] bytes = framed(false, text(3), text(9)).getBytes();
    for (byte b : bytes) {
      deframer.add(Buffer.buffer(new byte[] {b}));
    }
    List<String> texts = new ArrayList<>();
    readAll(deframer, texts);
    assertThat(texts).containsExactly(text(3), text(9));
  }

  @Test
  void readsWhatWasKeptAlthoughItsBytesHaveChanged() {
    byte[] bytes = framed(false, text(3), text(0), text(70_000), text(9)).getBytes();
    for (int size : new int[] {1, 2, 7, 1000, 16_384, 70_010, bytes.length}) {
      for (boolean direct : new boolean[] {false, true}) {
        for (int every : new int[] {1, 2, Integer.MAX_VALUE}) {
          ByteBuf in = direct ? Unpooled.directBuffer(size) : Unpooled.buffer(size);
          MessageDeframer deframer = new MessageDeframer(LIMIT, false);
          List<String> texts = new ArrayList<>();
          int turn = 0;
          for (int at = 0; at < bytes.length; at += size) {
            in.clear().writeBytes(bytes, at, Math.min(size, bytes.length - at));
            deframer.add(BufferInternal.buffer(in));
            if (turn++ % every == 0) {
              readOne(deframer, texts);
            }
            deframer.keep();
            in.setZero(0, in.capacity());
          }
          readAll(deframer, texts);
          assertThat(texts).containsExactly(text(3), text(0), text(70_000), text(9));
          in.release();
        }
      }
    }
  }

  @Test
  void putsALargeMessageTogetherFromManyBuffers() {
    byte[] bytes = framed(false, text(LIMIT - 100)).getBytes();
    MessageDeframer deframer = new MessageDeframer(LIMIT, false);
    List<String> texts = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += 1000) {
      deframer.add(Buffer.buffer(bytes).slice(at, Math.min(bytes.length, at + 1000)));
      readAll(deframer, texts);
    }
    assertThat(texts).containsExactly(text(LIMIT - 100));
  }

  @Test
  void inflatesWhatIsFlagged() {
    MessageDeframer deframer = new MessageDeframer(LIMIT, true);
    deframer.add(framed(true, text(1000)));
    List<String> texts = new ArrayList<>();
    readAll(deframer, texts);
    assertThat(texts).containsExactly(text(1000));
    assertThat(deframer.wasCompressed()).isTrue();
  }

  @Test
  void acceptsAFlaggedEmptyMessage() {
    MessageDeframer deframer = new MessageDeframer(LIMIT, true);
    deframer.add(Buffer.buffer(new byte[] {1, 0, 0, 0, 0}));
    assertThat(deframer.next(REQUEST)).isEqualTo(Request.getDefaultInstance());
  }

  @Test
  void acceptsALengthAtTheLimitAndRefusesOneByteMoreFromThePrefixAlone() {
    Request message = Request.newBuilder().setText(text(100)).build();
    int size = message.getSerializedSize();
    MessageDeframer exact = new MessageDeframer(size, false);
    exact.add(framed(false, text(100)));
    assertThat(exact.next(REQUEST)).isEqualTo(message);

    MessageDeframer tooSmall = new MessageDeframer(size - 1, false);
    tooSmall.add(framed(false, text(100)).slice(0, 5));
    assertFails(tooSmall, GrpcStatus.RESOURCE_EXHAUSTED, "exceeds the limit of " + (size - 1));
  }

  @Test
  void refusesALengthWithTheHighestBitSet() {
    MessageDeframer deframer = new MessageDeframer(LIMIT, false);
    deframer.add(Buffer.buffer(new byte[] {0, -1, -1, -1, -1}));
    assertFails(deframer, GrpcStatus.RESOURCE_EXHAUSTED, "message of 4294967295 bytes");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 128, 255})
  void refusesOtherFlags(int flags) {
    MessageDeframer deframer = new MessageDeframer(LIMIT, true);
    deframer.add(Buffer.buffer(new byte[] {(byte) flags, 0, 0, 0, 0}));
    assertFails(deframer, GrpcStatus.INTERNAL, "message flags: " + flags);
  }

  @Test
  void refusesACompressedMessageWithoutDeclaredEncoding() {
    MessageDeframer deframer = new MessageDeframer(LIMIT, false);
    deframer.add(framed(true, text(1000)));
    assertFails(deframer, GrpcStatus.INTERNAL, "no compression was declared");
  }

  @Test
  void refusesBytesThatAreNoSuchMessage() {
    MessageDeframer deframer = new MessageDeframer(LIMIT, false);
    // Field 1 claims five bytes and has one; then an end-group tag where a message should end.
    deframer.add(Buffer.buffer(new byte[] {0, 0, 0, 0, 3, 0x0a, 5, 'x'}));
    assertFails(deframer, GrpcStatus.INTERNAL, "cannot be decoded");
    MessageDeframer group = new MessageDeframer(LIMIT, false);
    group.add(Buffer.buffer(new byte[] {0, 0, 0, 0, 1, 0x0c}));
    assertFails(group, GrpcStatus.INTERNAL, "cannot be decoded");
  }

  @Test
  void knowsThatAMessageHasOnlyBegun() {
    MessageDeframer deframer = new MessageDeframer(LIMIT, false);
    deframer.add(Buffer.buffer(new byte[] {0, 0}));
    assertThat(deframer.next(REQUEST)).isNull();
    assertThat(deframer.isMidMessage()).isTrue();
    deframer.add(Buffer.buffer(new byte[] {0, 0, 4, 0x0a}));
    assertThat(deframer.next(REQUEST)).isNull();
    assertThat(deframer.isMidMessage()).isTrue();
  }

  private static void assertFails(MessageDeframer deframer, GrpcStatus code, String text) {
    assertThatThrownBy(() -> deframer.next(REQUEST))
        .isInstanceOfSatisfying(StatusException.class, failure -> {
          assertThat(failure.code()).isEqualTo(code);
          assertThat(failure.status().description()).contains(text);
        });
  }

  private static void readOne(MessageDeframer deframer, List<String> into) {
    Request message = deframer.next(REQUEST);
    if (message != null) {
      into.add(message.getText());
    }
  }

  private static void readAll(MessageDeframer deframer, List<String> into) {
    Request message = deframer.next(REQUEST);
    while (message != null) {
      into.add(message.getText());
      message = deframer.next(REQUEST);
    }
  }

  private static Buffer framed(boolean compress, String... texts) {
    MessageFramer framer = new MessageFramer();
    for (String text : texts) {
      framer.append(REQUEST, Request.newBuilder().setText(text).build(), compress);
    }
    return framer.take();
  }

  private static String text(int length) {
    return "0123456789".repeat(length / 10 + 1).substring(0, length);
  }
}
