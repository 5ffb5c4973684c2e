package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.name;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes call after call, ten at a time, and collects what fails. */
final class Calls {

  private static final int AT_A_TIME = 10;

  private final Channel channel;
  private final AtomicInteger made = new AtomicInteger();
  private final Set<String> servers = ConcurrentHashMap.newKeySet();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final List<Promise<Void>> ends = new ArrayList<>();
  private volatile boolean stopped;

  Calls(Channel channel) {
    this.channel = channel;
    for (int i = 0; i < AT_A_TIME; i++) {
      Promise<Void> end = Promise.promise();
      ends.add(end);
      next(end);
    }
  }

  private void next(Promise<Void> end) {
    ClientCall<HelloRequest, HelloReply> call = channel.call(Greeters.SAY_HELLO);
    call.sendLast(name("x"));
    call.response().onComplete(outcome -> {
      made.incrementAndGet();
      if (outcome.failed()) {
        failures.add(outcome.cause());
      } else {
        servers.add(call.server());
      }
      if (stopped) {
        end.complete();
      } else {
        // In another turn: where nobody listens, call after call fails at once.
        call.context().runOnContext(turn -> next(end));
      }
    });
  }

  int made() {
    return made.get();
  }

  /** Waits until that many more calls have ended. */
  void awaitMore(int count) {
    int target = made.get() + count;
    while (made.get() < target) {
      Thread.onSpinWait();
    }
  }

  /** Waits until that many servers have answered from now on. */
  void awaitServers(int count) {
    servers.clear();
    while (servers.size() < count) {
      Thread.onSpinWait();
    }
  }

  /** Makes no more calls, and returns what has failed. */
  List<Throwable> stop() throws Exception {
    stopped = true;
    await(Future.all(ends.stream().map(Promise::future).toList()));
    return failures;
  }
}
