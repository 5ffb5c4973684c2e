package dev.grpcbackend.wirecontract;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.RequestFields;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Handlers that do nothing until the test says so. */
final class WaitingHandler {

  private final BlockingQueue<Started> started = new LinkedBlockingQueue<>();

  /** One call that waits; {@code reply} lets its handler succeed or fail. */
  record Started(
      ServerCall<HelloRequest, HelloReply> call,
      Promise<HelloReply> reply,
      Future<Status> cancelled,
      Future<Status> closed,
      AtomicInteger ends) {}

  static RequestFields unary() {
    return RequestFields.grpc("/wait.Waiter/Unary");
  }

  static RequestFields serverStreaming() {
    return RequestFields.grpc("/wait.Waiter/ServerStreaming");
  }

  static RequestFields clientStreaming() {
    return RequestFields.grpc("/wait.Waiter/ClientStreaming");
  }

  static RequestFields bidi() {
    return RequestFields.grpc("/wait.Waiter/Bidi");
  }

  void register(GrpcServerVerticle.Builder server) {
    server
        .method(
            Greeters.method("wait.Waiter/Unary", ServerCalls.unary((request, call) -> hold(call))))
        .method(Greeters.method(
            "wait.Waiter/ServerStreaming",
            ServerCalls.serverStreaming((request, call) -> hold(call).mapEmpty())))
        .method(Greeters.method(
            "wait.Waiter/ClientStreaming",
            ServerCalls.clientStreaming((requests, call) -> hold(call))))
        .method(Greeters.method(
            "wait.Waiter/Bidi", ServerCalls.bidi((requests, call) -> hold(call).mapEmpty())));
  }

  /** Waits for the next call to reach its handler. */
  Started next() {
    try {
      Started next = started.poll(Patience.SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("no handler was started");
      }
      return next;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  private Future<HelloReply> hold(ServerCall<HelloRequest, HelloReply> call) {
    Promise<HelloReply> reply = Promise.promise();
    AtomicInteger ends = new AtomicInteger();
    // The future that tests wait for completes after the count, not beside it.
    Future<Status> counted = call.closed().map(status -> {
      ends.incrementAndGet();
      return status;
    });
    started.add(new Started(call, reply, call.cancelled(), counted, ends));
    return reply.future();
  }
}
