package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.hello;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A server of grpc-java that answers with its own name, on an address of its own. */
final class NamedServer {

  /** Who says this gets no answer. */
  static final String HANG = "hang";

  private final String host;
  private final BlockingQueue<StreamObserver<HelloReply>> hanging = new LinkedBlockingQueue<>();
  private int port;
  private GrpcJavaServer server;
  private volatile boolean broken;

  NamedServer(String host) throws IOException {
    this.host = host;
    this.server = greeter();
    this.port = server.start(host, 0);
  }

  private GrpcJavaServer greeter() {
    return Greeters.empty()
        .method(
            Greeters.SAY_HELLO.fullName(),
            MethodType.UNARY,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncUnaryCall(this::greet));
  }

  private void greet(HelloRequest request, StreamObserver<HelloReply> replies) {
    if (broken) {
      replies.onError(Status.UNAVAILABLE.asRuntimeException());
    } else if (request.getName().equals(HANG)) {
      hanging.add(replies);
    } else {
      replies.onNext(hello(host));
      replies.onCompleted();
    }
  }

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  String address() {
    return host + ":" + port;
  }

  /** Has all its calls fail from now on, or no more. */
  void breakDown(boolean down) {
    broken = down;
  }

  /** Waits for a call that gets no answer, and fails it. */
  void failHanging() throws InterruptedException {
    hanging.take().onError(Status.UNAVAILABLE.asRuntimeException());
  }

  boolean isHanging() {
    return !hanging.isEmpty();
  }

  /** Takes no more calls and ends when those that it has have ended. */
  void drain() throws InterruptedException {
    server.drain();
  }

  void stop() {
    server.close();
  }

  /** Starts again on the same port. */
  void start() throws IOException {
    server = greeter();
    port = server.start(host, port);
  }
}
