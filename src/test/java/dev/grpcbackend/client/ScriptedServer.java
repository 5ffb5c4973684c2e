package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** An HTTP/2 server that answers every request as it is told, and a channel to it. */
final class ScriptedServer implements AutoCloseable {

  private final Vertx vertx = Vertx.vertx();

  @Override
  public void close() throws Exception {
    await(vertx.close());
  }

  /** Calls a unary method whose server answers as {@code script} says; expects it to fail. */
  StatusException failure(Handler<HttpServerResponse> script) throws Exception {
    return failureOf(call(request -> script.handle(request.response())));
  }

  static StatusException failureOf(Future<?> call) {
    return catchThrowableOfType(StatusException.class, () -> await(call));
  }

  Future<HelloReply> call(Handler<HttpServerRequest> script) throws Exception {
    return channel(script).unary(Greeters.SAY_HELLO, name("x"));
  }

  Channel channel(Handler<HttpServerRequest> script) throws Exception {
    int port = await(vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .requestHandler(script)
            .listen())
        .actualPort();
    return Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + port));
  }

  static void answer(HttpServerResponse response, String name) {
    grpc(response).write(message(name));
    response.putTrailer("grpc-status", "0").end();
  }

  static HttpServerResponse grpc(HttpServerResponse response) {
    return response.putHeader("content-type", "application/grpc");
  }

  static Buffer message(String name) {
    MessageFramer framer = new MessageFramer();
    framer.append(Marshaller.of(HelloReply.class), hello(name), false);
    return framer.take();
  }
}
