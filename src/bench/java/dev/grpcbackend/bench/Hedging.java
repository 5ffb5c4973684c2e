package dev.grpcbackend.bench;

import dev.grpcbackend.bench.proto.HelloReply;
import dev.grpcbackend.bench.proto.HelloRequest;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.client.ServiceConfig;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What one slow server of three does to the slowest calls, without hedging and with: {@code Hedging
 * [CALLS_A_SECOND [SECONDS [ROUNDS [MILLIS]]]]}. A call takes that many milliseconds on average, an
 * exponential distribution, as calls do that wait for something themselves; they are hedged after the
 * average. The slow server answers each call 200 ms later.
 */
public final class Hedging {

  private static final int SERVERS = 3;
  private static final long SLOW_MILLIS = 200;
  private static final String HEDGING = """
      {methodConfig: [{name: [{}], hedgingPolicy: {maxAttempts: 3, hedgingDelay: %.3fs}}]}""";

  private static final HelloReply REPLY = Greetings.reply("world");

  /** Of which a JVM that is cold would have more. */
  private static final int AT_A_TIME = 500;

  private static volatile boolean slow;

  private Hedging() {}

  public static void main(String[] arguments) throws Exception {
    int rate = argument(arguments, 0, 200);
    int seconds = argument(arguments, 1, 10);
    int rounds = argument(arguments, 2, 3);
    int average = argument(arguments, 3, 5);
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < SERVERS; i++) {
      addresses.add(serve(vertx, "127.0.0." + (2 + i), average, i == 0));
    }
    ChannelOptions to = ChannelOptions.to("static:///" + String.join(",", addresses))
        .withLoadBalancing("round_robin");
    Channel plain = Channel.create(vertx, to);
    String hedging = String.format(Locale.ROOT, HEDGING, Math.max(1, average) / 1e3);
    Channel hedged = Channel.create(vertx, to.withServiceConfig(ServiceConfig.parse(hedging)));
    for (Channel channel : List.of(plain, hedged)) {
      percentile(channel, rate, 2 * seconds);
    }
    double[][] taken = new double[3][rounds];
    for (int round = 0; round < rounds; round++) {
      slow = false;
      taken[0][round] = percentile(plain, rate, seconds);
      slow = true;
      taken[1][round] = percentile(plain, rate, seconds);
      taken[2][round] = percentile(hedged, rate, seconds);
    }
    System.out.println("servers          hedging  p99 ms  of healthy");
    double healthy = median(taken[0]);
    System.out.printf("three healthy    no       %6.2f%n", healthy);
    for (int i = 1; i < taken.length; i++) {
      double median = median(taken[i]);
      System.out.printf(
          "one of them slow %-7s  %6.2f  %10.2f%n",
          i == 1 ? "no" : "yes", median, median / healthy);
    }
    System.exit(0);
  }

  private static int argument(String[] arguments, int index, int otherwise) {
    return arguments.length > index ? Integer.parseInt(arguments[index]) : otherwise;
  }

  private static String serve(Vertx vertx, String host, int average, boolean maySlow) {
    GrpcServerVerticle server = GrpcServerVerticle.builder()
        .options(ServerOptions.DEFAULTS.withHost(host).withPort(0))
        .method(
            OursClient.SAY_HELLO.fullName(),
            HelloRequest.class,
            HelloReply.class,
            ServerCalls.unary((request, call) ->
                reply(vertx, random(average) + (maySlow && slow ? SLOW_MILLIS : 0))))
        .build();
    vertx.deployVerticle(server).await();
    return host + ":" + server.actualPort();
  }

  private static long random(int average) {
    return Math.round(-average * Math.log(1 - ThreadLocalRandom.current().nextDouble()));
  }

  private static Future<HelloReply> reply(Vertx vertx, long millis) {
    return millis == 0 ? Future.succeededFuture(REPLY) : vertx.timer(millis).map(REPLY);
  }

  /** Calls that often, and returns what 99 of 100 calls took at most, in milliseconds. */
  private static double percentile(Channel channel, int rate, int seconds) throws Exception {
    int calls = rate * seconds;
    Semaphore room = new Semaphore(AT_A_TIME);
    CountDownLatch done = new CountDownLatch(calls);
    ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      long at = start + i * TimeUnit.SECONDS.toNanos(1) / rate;
      for (long left = at - System.nanoTime(); left > 0; left = at - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      room.acquire();
      long begin = System.nanoTime();
      channel
          .unary(OursClient.SAY_HELLO, OursClient.REQUEST)
          .onComplete(
              reply -> {
                nanos.add(System.nanoTime() - begin);
                room.release();
                done.countDown();
              },
              ClientMain::failed);
    }
    done.await();
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted[(int) Math.ceil(0.99 * calls) - 1] / 1e6;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
