package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.BIDI;
import static dev.grpcbackend.wirecontract.Greeters.CLIENT_STREAMING;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The cut into DATA frames means nothing: every cut of the same bytes gets the same answer. Netty's
 * codec takes at most two empty DATA frames in a row and ends the connection of who sends more.
 */
@Timeout(120)
class MessageSplitTest {

  @RegisterExtension
  static final WireServer SERVER = new WireServer();

  @Test
  void decodesOneMessageEquallyWhereverItIsCut() {
    RawHttp2Peer peer = SERVER.connect();
    ByteString body = hello("Ada Lovelace");
    for (int cut = 0; cut <= body.size(); cut++) {
      RawStream stream = peer.open(Greeters.sayHello());
      stream.data(body.substring(0, cut)).end(body.substring(cut));
      assertThat(stream.response().messages())
          .as("cut at byte %d", cut)
          .containsExactly(reply("Ada Lovelace"));
    }
  }

  @Test
  void decodesManyMessagesEquallyWhereverTheyAreCut() {
    RawHttp2Peer peer = SERVER.connect();
    ByteString body = hello("Ada").concat(hello("")).concat(GrpcFrames.gzipped(named("Bob")));
    for (int cut = 0; cut <= body.size(); cut++) {
      RawStream stream = peer.open(RequestFields.grpc(BIDI).with("grpc-encoding", "gzip"));
      stream.data(body.substring(0, cut)).data(ByteString.EMPTY).end(body.substring(cut));
      assertThat(stream.response().messages())
          .as("cut at byte %d", cut)
          .containsExactly(reply("Ada"), reply(""), reply("Bob"));
    }
  }

  @Test
  void decodesMessagesThatArriveByteByByte() {
    RawHttp2Peer peer = SERVER.connect();
    RawStream stream = peer.open(RequestFields.grpc(BIDI));
    stream.endInFrames(hello("Ada").concat(hello("Bob")), 1);
    assertThat(stream.response().messages()).containsExactly(reply("Ada"), reply("Bob"));
  }

  @Test
  void decodesAThousandMessagesOfOneFrame() {
    ByteString body = ByteString.EMPTY;
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      names.add("n" + i);
      body = body.concat(hello("n" + i));
    }
    assertThat(body.size()).isLessThan(16_384);
    SERVER
        .call(RequestFields.grpc(CLIENT_STREAMING), body)
        .greets(String.join(", ", names))
        .handlerStartsAndConnectionSurvives(1);
  }

  @Test
  void decodesEquallyInRandomPieces() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    RawHttp2Peer peer = SERVER.connect();
    for (int round = 0; round < 50; round++) {
      ByteString body = ByteString.EMPTY;
      List<ByteString> replies = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        String name =
            "x".repeat(random.nextInt(3) == 0 ? random.nextInt(9_000) : random.nextInt(9));
        replies.add(reply(name));
        body = body.concat(random.nextBoolean() ? hello(name) : GrpcFrames.gzipped(named(name)));
      }
      RawStream stream = peer.open(RequestFields.grpc(BIDI).with("grpc-encoding", "gzip"));
      for (int at = 0; at < body.size(); ) {
        int to = Math.min(body.size(), at + 1 + random.nextInt(round % 2 == 0 ? 20 : 16_384));
        stream.data(body.substring(at, to));
        at = to;
      }
      assertThat(stream.end().response().messages())
          .as("seed %d, round %d", seed, round)
          .isEqualTo(replies);
    }
  }

  private static ByteString reply(String name) {
    return GrpcFrames.message(Greeters.greeting(name));
  }
}
