package dev.grpcbackend.bench;

import static dev.grpcbackend.call.ServerCalls.unary;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.client.ServiceConfig;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Our server and our client where servers go away: {@code Failover server HOST PORT FILE} appends the
 * name of each charge to a file before it answers; {@code Failover client TARGET RATE (retry|plain)}
 * greets, which may be repeated, that often a second and charges, which may not, a tenth as often,
 * until standard input ends, and prints how the calls ended.
 */
public final class Failover {

  private static final Duration KEEPALIVE_TIME = Duration.ofSeconds(10);
  private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(2);
  private static final CallOptions DEADLINE =
      CallOptions.DEFAULTS.withTimeout(Duration.ofSeconds(20));
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final int WARM_UP_AT_A_TIME = 8;
  private static final int GREETINGS_A_CHARGE = 10;

  private static final String RETRY_OF_GREETINGS = """
      {methodConfig: [{name: [{service: bench.Greeter, method: SayHello}], retryPolicy: {
       maxAttempts: 5, initialBackoff: 0.02s, maxBackoff: 1s, backoffMultiplier: 3,
       retryableStatusCodes: [UNAVAILABLE]}}]}""";

  private static final Method<HelloRequest, HelloReply> GREET = method("SayHello");
  private static final Method<HelloRequest, HelloReply> CHARGE = method("Charge");

  private final Channel channel;
  private final Map<String, AtomicInteger> ends = new ConcurrentSkipListMap<>();
  private final Map<String, String> messages = new ConcurrentHashMap<>();
  private final Queue<String> charged = new ConcurrentLinkedQueue<>();
  private final AtomicLong slowest = new AtomicLong();
  private final Phaser open = new Phaser(1);

  private Failover(Channel channel) {
    this.channel = channel;
  }

  /** Serves, or calls until told to stop. */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("server")) {
      serve(args[1], Integer.parseInt(args[2]), args[3]);
      return;
    }
    ChannelOptions options = ChannelOptions.to(args[1])
        .withLoadBalancing("round_robin")
        .withKeepalive(new ChannelOptions.Keepalive(KEEPALIVE_TIME, KEEPALIVE_TIMEOUT, false))
        .withServiceConfig(
            ServiceConfig.parse(args[3].equals("retry") ? RETRY_OF_GREETINGS : ""));
    Failover load = new Failover(Channel.create(VertxServers.vertx(), options).with(DEADLINE));
    load.warmUp();
    System.out.println("warm");
    Thread calls = new Thread(() -> load.run(Integer.parseInt(args[2])), "calls");
    calls.start();
    while (System.in.read() != -1) {
      // Whoever started this says when it is enough.
    }
    calls.interrupt();
    calls.join();
    load.print();
    System.exit(0);
  }

  private static void serve(String host, int port, String file) throws IOException {
    // Each line is one write at the end of the file, so that a kill cannot take it back.
    FileOutputStream charges = new FileOutputStream(file, true);
    GrpcServerVerticle server = GrpcServerVerticle.builder()
        .options(ServerOptions.DEFAULTS.withHost(host).withPort(port))
        .method(
            "bench.Greeter/SayHello",
            HelloRequest.class,
            HelloReply.class,
            unary((request, call) -> Future.succeededFuture(Greetings.reply(request.getName()))))
        .method("bench.Greeter/Charge", HelloRequest.class, HelloReply.class, unary(
            (request, call) -> {
              append(charges, request.getName());
              return Future.succeededFuture(Greetings.reply(request.getName()));
            }))
        .build();
    Vertx vertx = VertxServers.vertx();
    vertx.deployVerticle(server).await();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.drain().await()));
    System.out.println("ready " + server.actualPort());
  }

  private static void append(FileOutputStream file, String line) {
    try {
      file.write((line + "\n").getBytes(US_ASCII));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Calls a few at a time: what is slow because it is new is not what is looked at. */
  private void warmUp() throws InterruptedException {
    Semaphore room = new Semaphore(WARM_UP_AT_A_TIME);
    long end = System.nanoTime() + WARM_UP.toNanos();
    while (System.nanoTime() < end) {
      room.acquire();
      channel.unary(GREET, greeting("world")).onComplete(outcome -> room.release());
    }
    room.acquire(WARM_UP_AT_A_TIME);
  }

  private void run(int rate) {
    long began = System.nanoTime();
    for (long i = 0; !Thread.currentThread().isInterrupted(); i++) {
      long due = began + i * TimeUnit.SECONDS.toNanos(1) / rate;
      while (System.nanoTime() < due && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(100_000);
      }
      call(GREET, "greet", "world");
      if (i % GREETINGS_A_CHARGE == 0) {
        call(CHARGE, "charge", "c" + i);
      }
    }
    open.arriveAndAwaitAdvance();
  }

  private void call(Method<HelloRequest, HelloReply> method, String kind, String name) {
    open.register();
    long began = System.nanoTime();
    channel.unary(method, greeting(name)).onComplete(reply -> {
      if (method == CHARGE) {
        charged.add(name);
      }
      count(kind + " OK", began);
    }, failure -> {
      String code = failure instanceof StatusException status ? status.code().name() : "THROWN";
      messages.putIfAbsent(kind + " " + code, String.valueOf(failure.getMessage()));
      count(kind + " " + code, began);
    });
  }

  private void count(String end, long began) {
    slowest.accumulateAndGet(System.nanoTime() - began, Math::max);
    ends.computeIfAbsent(end, first -> new AtomicInteger()).incrementAndGet();
    open.arriveAndDeregister();
  }

  private void print() {
    ends.forEach((end, count) -> System.out.println("status " + end + " " + count));
    messages.forEach((end, text) -> System.out.println("message " + end + " " + text));
    System.out.println("slowest " + TimeUnit.NANOSECONDS.toMillis(slowest.get()));
    System.out.println("charged " + String.join(" ", charged));
  }

  private static HelloRequest greeting(String name) {
    return HelloRequest.newBuilder().setName(name).build();
  }

  private static Method<HelloRequest, HelloReply> method(String name) {
    return new Method<>(
        "bench.Greeter",
        name,
        MethodType.UNARY,
        Marshaller.of(HelloRequest.class),
        Marshaller.of(HelloReply.class),
        false,
        null);
  }
}
