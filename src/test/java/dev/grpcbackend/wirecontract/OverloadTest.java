package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.policy.AdmissionOptions;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More calls than the event loop can compute the answers of. */
@Timeout(120)
class OverloadTest {

  private static final int CANCEL = 8;
  private static final int UNAVAILABLE = 14;

  /** One millisecond more than the handlers of a turn may have together. */
  private static final long COMPUTE_NANOS = 3_000_000;

  private static final RequestFields COMPUTE = RequestFields.grpc("/compute.Computer/Compute");

  private static final ServerOptions IMPATIENT = TestServer.OPTIONS
      .withServices(new ServerOptions.Services(List.of(), true, false, false, false))
      .withAdmission(new AdmissionOptions(
          true,
          Duration.ofMillis(50),
          1_000,
          List.of("grpc.health.v1.Health"),
          false,
          AdmissionOptions.Limit.DEFAULTS));

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch sent = new CountDownLatch(1);
  private final AtomicInteger starts = new AtomicInteger();

  private void register(GrpcServerVerticle.Builder server) {
    server.method(Greeters.method("compute.Computer/Compute", ServerCalls.unary((request, call) -> {
      if (starts.incrementAndGet() == 1) {
        begun.countDown();
        await(sent);
      }
      return compute(request.getName());
    })));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Future<HelloReply> compute(String name) {
    long end = System.nanoTime() + COMPUTE_NANOS;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    return Future.succeededFuture(greeting(name));
  }

  @Test
  void answersEveryCallByServingOrRefusingItAndHealthAlways() {
    try (TestServer server = TestServer.start(IMPATIENT, this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      List<RawStream> streams = new ArrayList<>();
      for (int i = 0; i < 90; i++) {
        streams.add(peer.request(COMPUTE, hello("Ada")));
      }
      RawStream health = peer.request(
          RequestFields.grpc("/grpc.health.v1.Health/Check"),
          GrpcFrames.frame(0, ByteString.EMPTY));
      sent.countDown();
      assertThat(health.response().grpcStatus()).hasValue(0);
      int served = 0;
      int refused = 0;
      for (RawStream stream : streams) {
        RawResponse response = stream.response();
        int status = response.grpcStatus().orElseThrow();
        if (status == 0) {
          served++;
        } else {
          refused++;
          assertThat(status).isEqualTo(UNAVAILABLE);
          assertThat(Integer.parseInt(response.trailer("grpc-retry-pushback-ms").orElseThrow()))
              .isBetween(25, 75);
        }
      }
      assertThat(starts).hasValue(served);
      assertThat(served).isPositive();
      assertThat(refused).isPositive();
    }
  }

  @Test
  void startsNoHandlerForCallersThatLeaveWhileTheyWait() {
    try (TestServer server = TestServer.start(this::register);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      RawStream first = peer.request(COMPUTE, hello("Ada"));
      await(begun);
      // All others are then read at once; of them two may start, in what is left of one turn's time
      // and in the time of the next.
      RawStream second = peer.request(COMPUTE, hello("Ada"));
      RawStream third = peer.request(COMPUTE, hello("Ada"));
      List<RawStream> leaving = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        leaving.add(peer.request(COMPUTE, hello("Ada")));
      }
      leaving.forEach(stream -> stream.reset(CANCEL));
      RawStream last = peer.request(COMPUTE, hello("Ada"));
      sent.countDown();
      assertThat(first.response().grpcStatus()).hasValue(0);
      assertThat(second.response().grpcStatus()).hasValue(0);
      assertThat(third.response().grpcStatus()).hasValue(0);
      assertThat(last.response().grpcStatus()).hasValue(0);
      assertThat(starts).hasValue(4);
    }
  }
}
