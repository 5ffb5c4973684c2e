package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts more load on a server than it can take: {@code Overload PORT WARMUP SECONDS FACTOR}. Calls are
 * those of grpc-java's client, over {@value #CHANNELS} connections, with a deadline of {@value
 * #DEADLINE_MILLIS} ms.
 *
 * <p>Phases: {@value #CLOSED} calls at a time to warm up, and then to find the capacity; calls at
 * FACTOR times that rate whether they are answered or not, their latency from when each was due;
 * after that one call every {@value #PROBE_MILLIS} ms until {@value #PROBES} in a row succeed in
 * {@value #PROBE_LIMIT_MILLIS} ms. Prints a line before each phase, and waits for one to go on.
 */
public final class Overload {

  private static final int CHANNELS = 16;
  private static final int CLOSED = 16;
  private static final int DEADLINE_MILLIS = 1_000;
  private static final int PROBE_MILLIS = 20;
  private static final int PROBES = 10;
  private static final int PROBE_LIMIT_MILLIS = 100;
  private static final int GIVE_UP_MILLIS = 60_000;

  private static final MethodDescriptor<HelloRequest, HelloReply> METHOD =
      MethodDescriptor.<HelloRequest, HelloReply>newBuilder()
          .setFullMethodName("bench.Greeter/SayHelloSlowly")
          .setType(MethodType.UNARY)
          .setRequestMarshaller(ProtoUtils.marshaller(HelloRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(HelloReply.getDefaultInstance()))
          .build();

  private static final HelloRequest REQUEST =
      HelloRequest.newBuilder().setName("world").build();

  private final ManagedChannel[] channels = new ManagedChannel[CHANNELS];
  private int next;

  private Overload(int port) {
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    for (int i = 0; i < CHANNELS; i++) {
      channels[i] = NettyChannelBuilder.forAddress("127.0.0.1", port)
          .usePlaintext()
          .eventLoopGroup(loop)
          .channelType(NioSocketChannel.class)
          .directExecutor()
          .build();
    }
  }

  /** Runs the phases. */
  public static void main(String[] args) throws Exception {
    Overload load = new Overload(Integer.parseInt(args[0]));
    int warmup = Integer.parseInt(args[1]);
    int seconds = Integer.parseInt(args[2]);
    int factor = Integer.parseInt(args[3]);
    phase("warm-up");
    load.closedLoop(warmup);
    phase("capacity");
    double capacity = load.closedLoop(seconds);
    System.out.printf("capacity %.1f%n", capacity);
    phase("overload");
    Tally tally = new Tally((int) (capacity * factor * seconds) + 1);
    long began = System.nanoTime();
    load.openLoop(capacity * factor, seconds, tally);
    double took = (System.nanoTime() - began) / 1e9;
    tally.print(took);
    System.out.printf("recovery %d%n", load.recovery());
    System.exit(0);
  }

  private static void phase(String name) throws java.io.IOException {
    System.out.println("phase " + name);
    while (System.in.read() != '\n') {
      // The other side sets the stage.
    }
  }

  /** Keeps calls in progress and returns how many succeeded in a second. */
  private double closedLoop(int seconds) throws InterruptedException {
    Semaphore free = new Semaphore(CLOSED);
    AtomicInteger good = new AtomicInteger();
    long began = System.nanoTime();
    while (System.nanoTime() - began < TimeUnit.SECONDS.toNanos(seconds)) {
      free.acquire();
      call(status -> {
        if (status.isOk()) {
          good.incrementAndGet();
        }
        free.release();
      });
    }
    free.acquire(CLOSED);
    return good.get() / ((System.nanoTime() - began) / 1e9);
  }

  private void openLoop(double rate, int seconds, Tally tally) {
    long began = System.nanoTime();
    long calls = (long) (rate * seconds);
    for (long i = 0; i < calls; i++) {
      long due = began + (long) (i / rate * 1e9);
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(100_000);
      }
      call(status -> tally.add(status, System.nanoTime() - due));
    }
  }

  /** Returns the milliseconds until the first of the calls in a row that were answered well. */
  private long recovery() throws InterruptedException {
    long began = System.nanoTime();
    long first = 0;
    for (int inRow = 0; inRow < PROBES; ) {
      long sent = System.nanoTime();
      Semaphore done = new Semaphore(0);
      boolean[] good = new boolean[1];
      call(status -> {
        good[0] = status.isOk()
            && System.nanoTime() - sent < TimeUnit.MILLISECONDS.toNanos(PROBE_LIMIT_MILLIS);
        done.release();
      });
      done.acquire();
      if (good[0] && inRow++ == 0) {
        first = System.nanoTime() - began;
      } else if (!good[0]) {
        inRow = 0;
      }
      if (System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(GIVE_UP_MILLIS)) {
        return -1;
      }
      Thread.sleep(PROBE_MILLIS);
    }
    return TimeUnit.NANOSECONDS.toMillis(first);
  }

  private interface Ended {
    void with(Status status);
  }

  private void call(Ended ended) {
    next = (next + 1) % CHANNELS;
    ClientCall<HelloRequest, HelloReply> call = channels[next].newCall(
        METHOD, CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.with(status);
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(REQUEST);
    call.halfClose();
  }

  /** How the calls of the overload ended. All of it is called on the one event loop, but the end. */
  private static final class Tally {

    private final long[] latencies;
    private final Map<String, Integer> others = new TreeMap<>();
    private int good;

    Tally(int calls) {
      latencies = new long[calls];
    }

    synchronized void add(Status status, long nanos) {
      if (status.isOk()) {
        latencies[good++] = nanos;
      } else {
        others.merge(status.getCode().name(), 1, Integer::sum);
      }
    }

    synchronized void print(double seconds) {
      long[] sorted = Arrays.copyOf(latencies, good);
      Arrays.sort(sorted);
      System.out.printf("goodput %.1f%n", good / seconds);
      System.out.printf("p50 %d%n", millis(sorted, 0.5));
      System.out.printf("p99 %d%n", millis(sorted, 0.99));
      others.forEach((code, count) -> System.out.printf("status %s %d%n", code, count));
    }

    private static long millis(long[] sorted, double share) {
      return sorted.length == 0
          ? -1
          : TimeUnit.NANOSECONDS.toMillis(sorted[(int) ((sorted.length - 1) * share)]);
    }
  }
}
