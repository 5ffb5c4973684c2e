package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcJavaServer;
import dev.grpcbackend.testing.RawHttp2Server;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.stub.ServerCalls;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SelfSignedCertificate;
import io.vertx.grpc.common.GrpcStatus;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How calls get connections, and what they say when they get none. */
@Timeout(120)
class ConnectionsTest {

  private final Vertx vertx = Vertx.vertx();
  private GrpcJavaServer server = Greeters.server();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  @Test
  void speaksTlsToAServerItTrusts() throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
    try {
      server.settings(netty -> netty.useTransportSecurity(
          new File(certificate.certificatePath()), new File(certificate.privateKeyPath())));
      int port = server.start();
      ChannelOptions options = ChannelOptions.to("127.0.0.1:" + port).withAuthority("localhost");
      ChannelOptions.Tls trusting = ChannelOptions.Tls.trusting(certificate.certificatePath());
      Channel trusted = Channel.create(vertx, options.withTls(trusting));
      Channel otherName =
          Channel.create(vertx, options.withTls(trusting).withAuthority("elsewhere.example"));
      Channel untrusted = Channel.create(vertx, options.withTls(ChannelOptions.Tls.trusting("")));
      Channel insecure = Channel.create(
          vertx, options.withAuthority("").withTls(new ChannelOptions.Tls(true, "", "", "", true)));

      assertThat(await(trusted.unary(Greeters.SAY_HELLO, name("Ada")))).isEqualTo(hello("Ada"));
      assertThat(await(insecure.unary(Greeters.SAY_HELLO, name("Bob")))).isEqualTo(hello("Bob"));
      assertThat(failure(untrusted.unary(Greeters.SAY_HELLO, name("x"))).getMessage())
          .startsWith("UNAVAILABLE: cannot connect to 127.0.0.1:" + port);
      assertThat(failure(otherName.unary(Greeters.SAY_HELLO, name("x"))).getMessage())
          .startsWith("UNAVAILABLE: cannot connect to 127.0.0.1:" + port);
    } finally {
      certificate.delete();
    }
  }

  @Test
  void leavesTheTimersOfOthersAlone() throws Exception {
    AtomicInteger rings = new AtomicInteger();
    // The first of a Vert.x has a number that means none to parts of it.
    assertThat(vertx.setPeriodic(10, ring -> rings.incrementAndGet())).isZero();
    Channel channel = channel();
    await(channel.unary(Greeters.SAY_HELLO, name("Ada")));
    await(channel.close());
    int before = rings.get();
    for (int waited = 0; rings.get() < before + 20; waited++) {
      assertThat(waited).as("waits for the timer").isLessThan(100);
      await(vertx.timer(50));
    }
  }

  @Test
  void makes250CallsAtATimeOfAServerThatTakes100PerConnection() throws Exception {
    CountDownLatch all = new CountDownLatch(250);
    List<io.grpc.stub.StreamObserver<HelloReply>> waiting =
        new java.util.concurrent.CopyOnWriteArrayList<>();
    unary((request, replies) -> {
      waiting.add(replies);
      all.countDown();
    });
    server.settings(netty -> netty.maxConcurrentCallsPerConnection(100));
    Channel channel = channel();
    List<Future<HelloReply>> calls = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      calls.add(channel.unary(Greeters.SAY_HELLO, name("x")));
    }

    assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
    waiting.forEach(replies -> {
      replies.onNext(hello("x"));
      replies.onCompleted();
    });
    await(Future.all(calls));
  }

  @Test
  void refusesCallsThatFindNoRoomAndNoPlaceToWait() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    unary((request, replies) -> started.countDown());
    server.settings(netty -> netty.maxConcurrentCallsPerConnection(1));
    ChannelOptions.Connections one =
        new ChannelOptions.Connections(1, 1, Duration.ofMillis(200), Duration.ofMinutes(5));
    Channel channel = Channel.create(
        vertx, ChannelOptions.to("127.0.0.1:" + server.start()).withConnections(one));
    Future<HelloReply> running = channel.unary(Greeters.SAY_HELLO, name("x"));
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();

    Future<HelloReply> waiting = channel.unary(Greeters.SAY_HELLO, name("x"));
    StatusException refused = failure(channel.unary(Greeters.SAY_HELLO, name("x")));

    assertThat(refused.code()).isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
    assertThat(refused.status().description()).contains("connections.maxWaitingCalls is 1");
    StatusException gaveUp = failure(waiting);
    assertThat(gaveUp.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(gaveUp.status().description()).contains("200 ms (connections.maxWait)");
    assertThat(running.isComplete()).isFalse();
  }

  @Test
  void reportsUnavailableWithTheAddressOfAServerThatIsNotThere() throws Exception {
    // Not one that was free a moment ago: others who look for one get it.
    StatusException failure = failure(Channel.create(vertx, ChannelOptions.to("127.0.0.1:1"))
        .unary(Greeters.SAY_HELLO, name("x")));

    assertThat(failure.getMessage())
        .isEqualTo("UNAVAILABLE: cannot connect to 127.0.0.1:1: Connection refused");
  }

  @Test
  void reportsUnavailableForAServerThatSpeaksNoHttp2() throws Exception {
    int port = await(vertx
            .createNetServer()
            .connectHandler(socket ->
                socket.end(io.vertx.core.buffer.Buffer.buffer("HTTP/1.1 400 Bad Request\r\n\r\n")))
            .listen(0, "127.0.0.1"))
        .actualPort();

    StatusException failure = failure(Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + port))
        .unary(Greeters.SAY_HELLO, name("x")));

    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(failure.status().description()).contains("127.0.0.1:" + port);
  }

  @Test
  void givesUpOnAServerThatAcceptsAndSaysNothing() throws Exception {
    try (RawHttp2Server silent = RawHttp2Server.start()) {
      ChannelOptions.Transport quick =
          new ChannelOptions.Transport(Duration.ofMillis(200), 1 << 20, 1 << 20, "test");
      Channel channel = Channel.create(
          vertx, ChannelOptions.to("127.0.0.1:" + silent.port()).withTransport(quick));

      StatusException failure = failure(channel.unary(Greeters.SAY_HELLO, name("x")));

      assertThat(failure.getMessage())
          .isEqualTo("UNAVAILABLE: cannot connect to 127.0.0.1:" + silent.port()
              + ": no answer within 200 ms (transport.connectTimeout)");
      // The connection is given up, too.
      RawHttp2Server.Session session = silent.acceptSilently();
      assertThatThrownBy(() -> session.frame(Frame.PING)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void endsTheCallsOfAConnectionWhosePeerDoesNotAnswerAPing() throws Exception {
    try (RawHttp2Server server = RawHttp2Server.start()) {
      Channel channel = Channel.create(
          vertx,
          ChannelOptions.to("127.0.0.1:" + server.port())
              .withKeepalive(new ChannelOptions.Keepalive(
                  Duration.ofSeconds(10), Duration.ofMillis(100), false)));
      Future<HelloReply> call = channel.unary(Greeters.SAY_HELLO, name("x"));
      server.accept().request();

      StatusException failure = catchThrowableOfType(StatusException.class, () -> {
        try {
          call.toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException failed) {
          throw failed.getCause();
        }
      });

      assertThat(failure.getMessage())
          .isEqualTo("UNAVAILABLE: connection to 127.0.0.1:" + server.port()
              + " did not answer a ping within 100 ms (keepalive.timeout)");
    }
  }

  @Test
  void closesAConnectionThatIsNotUsed() throws Exception {
    try (RawHttp2Server server = RawHttp2Server.start()) {
      Channel channel = Channel.create(
          vertx,
          ChannelOptions.to("127.0.0.1:" + server.port())
              .withConnections(new ChannelOptions.Connections(
                  1, 10, Duration.ofSeconds(20), Duration.ofMillis(200))));
      Future<HelloReply> call = channel.unary(Greeters.SAY_HELLO, name("x"));
      RawHttp2Server.Session session = server.accept();
      session.answer(session.request().streamId(), hello("x"));
      await(call);

      assertThat(session.frame(Frame.GOAWAY).integer(4)).isZero();
      Future<HelloReply> second = channel.unary(Greeters.SAY_HELLO, name("y"));
      RawHttp2Server.Session next = server.accept();
      next.answer(next.request().streamId(), hello("y"));
      assertThat(await(second)).isEqualTo(hello("y"));
    }
  }

  @Test
  void failsCallsOfAClosedChannel() throws Exception {
    Channel channel = channel();
    await(channel.unary(Greeters.SAY_HELLO, name("x")));
    await(channel.close());

    assertThat(failure(channel.unary(Greeters.SAY_HELLO, name("x"))).code())
        .isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  private void unary(ServerCalls.UnaryMethod<HelloRequest, HelloReply> method) {
    server = Greeters.empty()
        .method(
            Greeters.SAY_HELLO.fullName(),
            MethodType.UNARY,
            HelloRequest.getDefaultInstance(),
            HelloReply.getDefaultInstance(),
            ServerCalls.asyncUnaryCall(method));
  }

  private Channel channel() throws Exception {
    return Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.start()));
  }

  private static StatusException failure(Future<?> call) {
    return catchThrowableOfType(StatusException.class, () -> await(call));
  }
}
