package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Targets that are Unix domain sockets. */
@Timeout(120)
class UnixSocketTest {

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path folder;

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  @Test
  void callsAServerThatListensOnASocketFile() throws Exception {
    Path socket = folder.resolve("greeter.sock");
    try (GrpcJavaServer server = Greeters.server()) {
      server.start(socket);
      for (String target : new String[] {"unix:" + socket, "unix://" + socket}) {
        Channel channel = Channel.create(vertx, ChannelOptions.to(target));
        assertThat(await(channel.unary(Greeters.SAY_HELLO, name("Ada")))).isEqualTo(hello("Ada"));
      }
    }
  }

  @Test
  void namesTheFileWhereNobodyListens() {
    String target = "unix:" + folder.resolve("none.sock");
    Channel channel = Channel.create(vertx, ChannelOptions.to(target));

    StatusException failure = catchThrowableOfType(
        StatusException.class, () -> await(channel.unary(Greeters.SAY_HELLO, name("x"))));

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(failure.status().description()).startsWith("cannot connect to " + target + ": ");
  }
}
