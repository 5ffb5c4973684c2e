package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ChannelTest {

  private final Vertx vertx = Vertx.vertx();
  private final GrpcJavaServer server = Greeters.server();
  private Channel channel = Channel.create(vertx, ChannelOptions.DEFAULTS);

  @BeforeEach
  void start() throws Exception {
    channel = Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.start()));
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  @Test
  void callsUnaryMethods() throws Exception {
    assertThat(await(channel.unary(Greeters.SAY_HELLO, name("Ada")))).isEqualTo(hello("Ada"));
  }

  @Test
  void callsServerStreamingMethods() throws Exception {
    assertThat(await(all(channel.serverStreaming(Greeters.MANY_LANGUAGES, name("Ada")))))
        .containsExactly(hello("Ada 1"), hello("Ada 2"), hello("Ada 3"));
  }

  @Test
  void callsClientStreamingMethods() throws Exception {
    ClientCall<?, HelloReply> call = chat(channel.call(Greeters.TO_ALL));

    assertThat(await(call.response())).isEqualTo(hello("Ada, Bob"));
  }

  @Test
  void callsBidiStreamingMethods() throws Exception {
    ClientCall<?, HelloReply> call = chat(channel.call(Greeters.CHAT));

    assertThat(await(all(call.responses()))).containsExactly(hello("Ada"), hello("Bob"));
  }

  private static ClientCall<HelloRequest, HelloReply> chat(
      ClientCall<HelloRequest, HelloReply> call) {
    call.send(name("Ada"));
    call.send(name("Bob"));
    call.halfClose();
    return call;
  }

  static <T> Future<List<T>> all(ReadStream<T> stream) {
    Promise<List<T>> all = Promise.promise();
    List<T> messages = new ArrayList<>();
    stream.exceptionHandler(all::tryFail).endHandler(end -> all.tryComplete(messages));
    stream.handler(messages::add);
    return all.future();
  }
}
