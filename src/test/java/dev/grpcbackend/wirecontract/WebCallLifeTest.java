package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.testing.TestServer.await;
import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RequestFields;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls over HTTP/1.1 whose caller goes away, or reads slowly. */
@Timeout(120)
class WebCallLifeTest {

  private static final int MESSAGES = 20_000;

  private static final WaitingHandler WAITER = new WaitingHandler();

  @RegisterExtension
  static final WireServer SERVER = new WireServer(WAITER::register);

  @ParameterizedTest
  @CsvSource({
    "Unary, application/proto",
    "Unary, application/grpc-web",
    "ServerStreaming, application/grpc-web",
    "ServerStreaming, application/connect+proto"
  })
  void tellsTheHandlerThatTheCallerHasGone(String method, String type) {
    RawHttp1Peer peer = SERVER.connectHttp1();
    boolean isFramed = !type.equals("application/proto");
    peer.request(
        RequestFields.post("/wait.Waiter/" + method, type),
        isFramed ? hello("Ada") : named("Ada").toByteString());
    WaitingHandler.Started call = WAITER.next();
    peer.close();
    assertThat(await(call.cancelled()).code()).isEqualTo(GrpcStatus.CANCELLED);
    assertThat(await(call.closed()).code()).isEqualTo(GrpcStatus.CANCELLED);
    assertThat(call.ends()).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/grpc-web", "application/connect+proto"})
  void tellsTheHandlerThatTheCallerHasGoneWithinItsRequest(String type) {
    RawHttp1Peer peer = SERVER.connectHttp1();
    peer.head(RequestFields.post("/wait.Waiter/ClientStreaming", type)
        .with("transfer-encoding", "chunked"));
    peer.chunk(hello("Ada").substring(0, 6));
    WaitingHandler.Started call = WAITER.next();
    peer.close();
    assertThat(await(call.cancelled()).code()).isEqualTo(GrpcStatus.CANCELLED);
    await(call.closed());
    assertThat(call.ends()).hasValue(1);
  }

  @Test
  void startsNoHandlerForAUnaryCallThatIsCutShort() {
    int before = SERVER.starts();
    RawHttp1Peer peer = SERVER.connectHttp1();
    peer.head(
        RequestFields.post(Greeters.UNARY, "application/proto").with("content-length", "100"));
    peer.bytes(ByteString.copyFromUtf8("half"));
    peer.close();
    WebVersion.HTTP_2
        .call(
            SERVER,
            RequestFields.post(Greeters.UNARY, "application/proto"),
            named("Ada").toByteString())
        .connectReplies(greeting("Ada"));
    assertThat(SERVER.starts() - before).isEqualTo(1);
  }

  @Test
  void stopsAWriterWhoseReaderDoesNotRead() {
    RawHttp1Peer peer = SERVER.connectHttp1();
    peer.request(
        RequestFields.post("/wait.Waiter/ServerStreaming", "application/grpc-web"), hello("Ada"));
    WaitingHandler.Started call = WAITER.next();
    Writer writer = new Writer(call.call());
    writer.done.future().onComplete(done -> call.reply().complete(greeting("end")));
    call.call().context().runOnContext(turn -> writer.writeUntilFull());
    await(writer.full.future());
    assertThat(writer.written.get()).isLessThan(MESSAGES);
    assertThat(peer.response().webMessages()).hasSize(MESSAGES);
  }

  /** Writes large messages as long as there is room. */
  private static final class Writer {

    private final ServerCall<HelloRequest, HelloReply> call;
    private final AtomicInteger written = new AtomicInteger();
    private final Promise<Void> full = Promise.promise();
    private final Promise<Void> done = Promise.promise();

    Writer(ServerCall<HelloRequest, HelloReply> call) {
      this.call = call;
    }

    void writeUntilFull() {
      while (written.get() < MESSAGES) {
        if (call.writeQueueFull()) {
          call.drainHandler(drained -> writeUntilFull());
          full.tryComplete();
          return;
        }
        written.incrementAndGet();
        call.send(greeting("a".repeat(1_000)));
      }
      done.tryComplete();
    }
  }
}
