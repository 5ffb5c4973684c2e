package dev.grpcbackend.cli;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.schema.Schema;
import dev.grpcbackend.schema.ServerReflection;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code prepare}: does once what {@code serve} does from its first line to its last, and what a
 * client does, for the JVM to record which classes they need.
 */
@Command(name = "prepare", hidden = true)
final class Prepare implements Callable<Integer> {

  @Override
  public Integer call() throws Exception {
    Serve serve =
        Objects.requireNonNull(Serve.plain("serve", "--host", "127.0.0.1", "--port", "0"));
    int code = serve.call();
    if (code != Serve.KEEP_RUNNING) {
      return code;
    }
    Vertx vertx = Vertx.vertx();
    Channel channel = Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + serve.actualPort()));
    Wait.until(channel.unary(Greet.SAY_HELLO, HelloRequest.getDefaultInstance()));
    new Schema(new ServerReflection(channel, "")).services();
    Wait.until(channel.close());
    Wait.until(vertx.close());
    return ExitCode.OK;
  }
}
