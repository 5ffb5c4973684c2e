package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.BIDI;
import static dev.grpcbackend.wirecontract.Greeters.CLIENT_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.SERVER_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static dev.grpcbackend.wirecontract.WireServer.MAX_MESSAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Request messages on the wire, good and bad, in all four call shapes. */
@Timeout(120)
class FramingTest {

  private static final List<String> SHAPES =
      List.of(UNARY, SERVER_STREAMING, CLIENT_STREAMING, BIDI);

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  private static Arguments bad(String what, int status, String message, ByteString body) {
    return Arguments.of(what, status, message, body);
  }

  static Stream<Arguments> badBodies() {
    ByteString good = hello("Ada");
    ByteString zip = GrpcFrames.gzip(named("Ada").toByteString());
    ByteString wrongChecksum = zip.substring(0, zip.size() - 8)
        .concat(ByteString.copyFrom(new byte[4]))
        .concat(zip.substring(zip.size() - 4));
    ByteString wrongSize =
        zip.substring(0, zip.size() - 4).concat(ByteString.copyFrom(new byte[4]));
    ByteString bomb = GrpcFrames.gzip(ByteString.copyFrom(new byte[32 << 20]));
    ByteString justOver = GrpcFrames.gzip(ByteString.copyFrom(new byte[MAX_MESSAGE_BYTES + 1]));
    return Stream.of(
        bad("flag 2", 13, "flag", GrpcFrames.frame(2, ByteString.EMPTY)),
        bad("flag 3", 13, "flag", GrpcFrames.frame(3, ByteString.EMPTY)),
        bad("flag 128", 13, "flag", GrpcFrames.frame(128, ByteString.EMPTY)),
        bad("flag 255", 13, "flag", GrpcFrames.frame(255, ByteString.EMPTY)),
        bad("one byte over", 8, "65537", GrpcFrames.prefix(0, MAX_MESSAGE_BYTES + 1)),
        bad("512 MiB declared", 8, "536870912", GrpcFrames.prefix(0, 512L << 20)),
        bad("2^31 declared", 8, "2147483648", GrpcFrames.prefix(0, 1L << 31)),
        bad("2^32 - 1 declared", 8, "4294967295", GrpcFrames.prefix(0, 0xFFFF_FFFFL)),
        bad("compressed 2^32 - 1", 8, "4294967295", GrpcFrames.prefix(1, 0xFFFF_FFFFL)),
        bad("prefix cut", 13, "", good.substring(0, 3)),
        bad("payload missing", 13, "", good.substring(0, 5)),
        bad("payload cut", 13, "", good.substring(0, good.size() - 1)),
        bad("bad flag after a message", 13, "", good.concat(GrpcFrames.prefix(7, 0))),
        bad("cut prefix after a message", 13, "", good.concat(ByteString.copyFrom(new byte[2]))),
        bad(
            "gzip garbage",
            13,
            "gzip",
            GrpcFrames.frame(1, ByteString.copyFromUtf8("no gzip, really"))),
        bad("gzip without data", 13, "gzip", GrpcFrames.frame(1, ByteString.copyFromUtf8("a"))),
        bad("gzip checksum", 13, "gzip", GrpcFrames.frame(1, wrongChecksum)),
        bad("gzip size", 13, "gzip", GrpcFrames.frame(1, wrongSize)),
        bad("gzip cut", 13, "gzip", GrpcFrames.frame(1, zip.substring(0, zip.size() - 9))),
        bad("gzip trailer cut", 13, "gzip", GrpcFrames.frame(1, zip.substring(0, zip.size() - 2))),
        bad(
            "gzip and more",
            13,
            "gzip",
            GrpcFrames.frame(1, zip.concat(ByteString.copyFromUtf8("x")))),
        bad("two gzip members", 13, "gzip", GrpcFrames.frame(1, zip.concat(zip))),
        bad("gzip bomb", 8, "limit", GrpcFrames.frame(1, bomb)),
        bad("inflates to one byte over", 8, "limit", GrpcFrames.frame(1, justOver)),
        bad("truncated protobuf", 13, "", GrpcFrames.frame(0, ByteString.copyFrom(new byte[] {
          10, 9, 65
        }))),
        bad("wire type 6", 13, "", GrpcFrames.frame(0, ByteString.copyFrom(new byte[] {14}))),
        bad("field number 0", 13, "", GrpcFrames.frame(0, ByteString.copyFrom(new byte[] {2, 0}))),
        bad("stray end group", 13, "", GrpcFrames.frame(0, ByteString.copyFrom(new byte[] {0x14}))),
        bad("invalid UTF-8", 13, "", GrpcFrames.frame(0, ByteString.copyFrom(new byte[] {
          10, 1, (byte) 0xFF
        }))),
        bad("groups 200 deep", 13, "", GrpcFrames.frame(0, deepGroups(200))));
  }

  /** Unknown groups within each other: the only nesting that a message with one string allows. */
  private static ByteString deepGroups(int depth) {
    byte[] bytes = new byte[2 * depth];
    for (int i = 0; i < depth; i++) {
      bytes[i] = 0x13;
      bytes[bytes.length - 1 - i] = 0x14;
    }
    return ByteString.copyFrom(bytes);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badBodies")
  void answersABadBodyInEveryShape(String what, int status, String message, ByteString body) {
    for (String shape : SHAPES) {
      int before = SERVER.starts();
      Outcome outcome = SERVER
          .call(RequestFields.grpc(shape).with("grpc-encoding", "gzip"), body)
          .status(status)
          .message(message);
      assertNoUnaryStart(shape, before);
      outcome.handlerStartsAndConnectionSurvives(SERVER.starts() - before);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {MAX_MESSAGE_BYTES + 1, 0xFFFF_FFFFL})
  void answersTooLargeAMessageWithoutWaitingForIt(long declared) {
    for (String shape : SHAPES) {
      SERVER
          .call(RequestFields.grpc(shape), stream -> stream.data(GrpcFrames.prefix(0, declared)))
          .status(8)
          .message("limit");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "identity"})
  void answersInternalForACompressedMessageWithoutEncoding(String encoding) {
    for (String shape : SHAPES) {
      int before = SERVER.starts();
      RequestFields fields = RequestFields.grpc(shape);
      Outcome outcome = SERVER
          .call(
              encoding.isEmpty() ? fields : fields.with("grpc-encoding", encoding),
              GrpcFrames.gzipped(named("Ada")))
          .status(13);
      assertNoUnaryStart(shape, before);
      outcome.handlerStartsAndConnectionSurvives(SERVER.starts() - before);
    }
  }

  @Test
  void decodesCompressedAndPlainMessagesOfOneStream() {
    SERVER
        .call(
            RequestFields.grpc(BIDI).with("grpc-encoding", "gzip"),
            hello("Ada").concat(GrpcFrames.gzipped(named("Bob"))).concat(hello("Cy")))
        .greets("Ada", "Bob", "Cy")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void acceptsAMessageOfExactlyTheLimit(boolean compressed) {
    String name = "a".repeat(MAX_MESSAGE_BYTES - 4);
    assertThat(named(name).getSerializedSize()).isEqualTo(MAX_MESSAGE_BYTES);
    ByteString body = compressed ? GrpcFrames.gzipped(named(name)) : hello(name);
    SERVER
        .call(Greeters.sayHello().with("grpc-encoding", "gzip"), body)
        .greets(name)
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void acceptsAMessageOfLengthZeroWithEitherFlag(int flag) {
    SERVER
        .call(
            Greeters.sayHello().with("grpc-encoding", "gzip"),
            GrpcFrames.frame(flag, ByteString.EMPTY))
        .greets("")
        .handlerStartsAndConnectionSurvives(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {UNARY, SERVER_STREAMING})
  void answersUnimplementedForNoMessageWhereThereMustBeOne(String shape) {
    SERVER
        .call(RequestFields.grpc(shape), RawStream::end)
        .refusedWith(12)
        .message("exactly one request message, got 0")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(strings = {UNARY, SERVER_STREAMING})
  void answersUnimplementedForAHeaderBlockThatEndsTheStream(String shape) {
    int before = SERVER.starts();
    var peer = SERVER.connect();
    var response = peer.openAndEnd(RequestFields.grpc(shape)).response();
    new Outcome(SERVER, peer, response, before)
        .refusedWith(12)
        .message("exactly one request message, got 0")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(strings = {UNARY, SERVER_STREAMING})
  void answersUnimplementedForTwoMessagesWhereThereMustBeOne(String shape) {
    SERVER
        .call(RequestFields.grpc(shape), hello("Ada").concat(hello("Bob")))
        .refusedWith(12)
        .message("exactly one request message, got")
        .noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(strings = {UNARY, SERVER_STREAMING})
  void startsASingleRequestHandlerOnlyAtHalfClose(String shape) {
    int before = SERVER.starts();
    var peer = SERVER.connect();
    RawStream stream = peer.open(RequestFields.grpc(shape)).data(hello("Ada"));
    peer.ping();
    assertThat(SERVER.starts()).isEqualTo(before);
    assertThat(stream.end().response().grpcStatus()).hasValue(0);
    assertThat(SERVER.starts()).isEqualTo(before + 1);
  }

  @Test
  void startsStreamingHandlersThatGetNoMessage() {
    SERVER
        .call(RequestFields.grpc(CLIENT_STREAMING), RawStream::end)
        .greets("")
        .handlerStartsAndConnectionSurvives(1);
    SERVER
        .call(RequestFields.grpc(BIDI), RawStream::end)
        .status(0)
        .handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void ignoresTrailersOfTheRequest() {
    int before = SERVER.starts();
    var peer = SERVER.connect();
    RawStream stream = peer.open(Greeters.sayHello()).data(hello("Ada"));
    stream.trailers("x-after", "1");
    new Outcome(SERVER, peer, stream.response(), before)
        .greets("Ada")
        .handlerStartsAndConnectionSurvives(1);
  }

  private static void assertNoUnaryStart(String shape, int before) {
    if (shape.equals(UNARY) || shape.equals(SERVER_STREAMING)) {
      assertThat(SERVER.starts()).as(shape).isEqualTo(before);
    }
  }
}
