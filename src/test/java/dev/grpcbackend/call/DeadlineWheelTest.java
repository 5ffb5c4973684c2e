package dev.grpcbackend.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class DeadlineWheelTest {

  private static final Vertx VERTX = Vertx.vertx();

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final DeadlineWheel wheel = new DeadlineWheel(clock::get);

  @AfterAll
  static void close() {
    VERTX.close();
  }

  @Test
  void givesOutACallAfterItsDeadlineAndNotBefore() {
    ActiveCall<?, ?> call = call(Duration.ofMillis(25));
    wheel.add(call);
    assertThat(after(Duration.ofMillis(24))).isEmpty();
    assertThat(after(Duration.ofMillis(11))).containsExactly(call);
    assertThat(wheel.size()).isZero();
    assertThat(after(Duration.ofMinutes(1))).isEmpty();
  }

  @Test
  void keepsADeadlineThatIsManyRoundsAway() {
    ActiveCall<?, ?> call = call(Duration.ofSeconds(30));
    wheel.add(call);
    for (int second = 1; second < 30; second++) {
      assertThat(after(Duration.ofSeconds(1))).as("second %d", second).isEmpty();
    }
    assertThat(after(Duration.ofMillis(1_010))).containsExactly(call);
  }

  @Test
  void forgetsACallThatHasEndedWhereverItStandsInItsSlot() {
    List<ActiveCall<?, ?>> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ActiveCall<?, ?> call = call(Duration.ofMillis(50));
      calls.add(call);
      wheel.add(call);
    }
    for (int ended : new int[] {0, 2, 4}) {
      wheel.remove(calls.get(ended));
      wheel.remove(calls.get(ended));
    }
    assertThat(wheel.size()).isEqualTo(2);
    assertThat(after(Duration.ofMillis(70))).containsExactlyInAnyOrder(calls.get(1), calls.get(3));
  }

  @Test
  void takesNoCallThatMayStayOpen() {
    wheel.add(call(Deadline.NEVER));
    assertThat(wheel.size()).isZero();
  }

  @Test
  void losesNoneHoweverLateAndUnevenItsTimerIs() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<ActiveCall<?, ?>> waiting = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      ActiveCall<?, ?> added = call(Duration.ofMillis(random.nextInt(12_000)));
      waiting.add(added);
      wheel.add(added);
      List<ActiveCall<?, ?>> expired = after(Duration.ofMillis(random.nextInt(400)));
      assertThat(expired).as("seed %d", seed).allMatch(call -> call.deadline().isExpired());
      waiting.removeAll(expired);
      // At most a tick late, and one more for the tick that has begun.
      assertThat(waiting)
          .as("seed %d", seed)
          .allMatch(call -> call.deadline().remainingNanos() > -2 * DeadlineWheel.TICK_NANOS);
    }
  }

  private List<ActiveCall<?, ?>> after(Duration time) {
    clock.addAndGet(time.toNanos());
    List<ActiveCall<?, ?>> expired = new ArrayList<>();
    wheel.advance(expired);
    return expired;
  }

  private ActiveCall<?, ?> call(Duration timeout) {
    return call(Deadline.afterNanos(timeout.toNanos(), clock::get));
  }

  private static ActiveCall<?, ?> call(Deadline deadline) {
    BoundMethod<Request, Response> method = BoundMethod.of(
        "Service/Process",
        Request.class,
        Response.class,
        ServerCalls.unary((request, call) -> Future.succeededFuture()));
    return new ActiveCall<>(
        method, new SilentStream(VERTX.getOrCreateContext()), deadline, new ActiveCalls());
  }

  /** The wheel looks at deadlines only; nothing is sent. */
  private record SilentStream(Context context) implements CallStream<Response> {

    @Override
    public String protocol() {
      return "grpc";
    }

    @Override
    public @org.jspecify.annotations.Nullable String header(CharSequence name) {
      return null;
    }

    @Override
    public Peer peer() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Metadata headers() {
      return Metadata.EMPTY;
    }

    @Override
    public boolean messageCompressed() {
      return false;
    }

    @Override
    public void pull() {}

    @Override
    public Future<Void> sendHeaders(Metadata headers) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> send(Response message, boolean compress, Metadata headers) {
      return Future.succeededFuture();
    }

    @Override
    public boolean writeQueueFull() {
      return false;
    }

    @Override
    public void close(Status status, Metadata headers, Metadata trailers) {}
  }
}
