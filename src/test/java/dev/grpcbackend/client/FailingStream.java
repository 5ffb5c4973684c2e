package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.name;

import dev.grpcbackend.proto.helloworld.HelloRequest;
import io.vertx.core.Handler;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/** A stream that has one message and then fails. */
final class FailingStream implements ReadStream<HelloRequest> {

  private @Nullable Handler<Throwable> exceptionHandler;

  @Override
  public ReadStream<HelloRequest> exceptionHandler(@Nullable Handler<Throwable> handler) {
    exceptionHandler = handler;
    return this;
  }

  @Override
  public ReadStream<HelloRequest> handler(@Nullable Handler<HelloRequest> handler) {
    Handler<Throwable> failed = exceptionHandler;
    if (handler != null && failed != null) {
      exceptionHandler = null;
      handler.handle(name("first"));
      failed.handle(new IllegalStateException("disk is gone"));
    }
    return this;
  }

  @Override
  public ReadStream<HelloRequest> pause() {
    return this;
  }

  @Override
  public ReadStream<HelloRequest> resume() {
    return this;
  }

  @Override
  public ReadStream<HelloRequest> fetch(long amount) {
    return this;
  }

  @Override
  public ReadStream<HelloRequest> endHandler(@Nullable Handler<Void> handler) {
    return this;
  }
}
