package dev.grpcbackend.cli;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code prepare}: does once what a server does, for the JVM to record which classes it needs. */
@Command(name = "prepare", hidden = true)
final class Prepare implements Callable<Integer> {

  @Override
  public Integer call() {
    Vertx vertx = Vertx.vertx();
    GrpcServerVerticle server = GrpcServerVerticle.builder()
        .options(ServerOptions.DEFAULTS.withHost("127.0.0.1").withPort(0))
        .build();
    Wait.until(vertx.deployVerticle(server));
    Channel channel = Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.actualPort()));
    Wait.until(channel.unary(Greet.SAY_HELLO, HelloRequest.getDefaultInstance()));
    new Schema(new ServerReflection(channel)).services();
    Wait.until(channel.close());
    Wait.until(vertx.close());
    return ExitCode.OK;
  }
}
