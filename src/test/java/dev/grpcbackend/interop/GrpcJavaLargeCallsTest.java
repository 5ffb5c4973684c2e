package dev.grpcbackend.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.policy.AdmissionOptions;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.server.TlsOptions;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.proto.Payload;
import dev.grpcbackend.testing.proto.SimpleRequest;
import dev.grpcbackend.testing.proto.SimpleResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.vertx.core.Future;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many large messages at once. The server uses arrays for one message after the other: each must
 * have been sent by then.
 */
@Timeout(120)
class GrpcJavaLargeCallsTest {

  private static final String ECHO = "test.Peer/Echo";
  private static final AdmissionOptions NO_ADMISSION = new AdmissionOptions(
      false,
      AdmissionOptions.DEFAULTS.maxWait(),
      AdmissionOptions.DEFAULTS.maxWaiting(),
      AdmissionOptions.DEFAULTS.exempt(),
      false,
      AdmissionOptions.DEFAULTS.limit());

  @Test
  void keepsTheBytesOfCallsApart() throws Exception {
    try (TestServer server = start(TestServer.OPTIONS)) {
      echo(GrpcJava.channel(server.port()));
    }
  }

  @Test
  void keepsTheBytesOfCallsApartOverTls(@TempDir Path certificates) throws Exception {
    TlsOptions tls = TlsOptions.of(
        PeerProcess.certificate("server1.pem", certificates),
        PeerProcess.certificate("server1.key", certificates));
    try (TestServer server = start(TestServer.OPTIONS.withTls(tls))) {
      File trusted = new File(PeerProcess.certificate("ca.pem", certificates));
      echo(NettyChannelBuilder.forAddress(
              "127.0.0.1",
              server.port(),
              TlsChannelCredentials.newBuilder().trustManager(trusted).build())
          .overrideAuthority(PeerProcess.TLS_NAME)
          .build());
    }
  }

  private static TestServer start(ServerOptions options) {
    return TestServer.start(
        // A slow machine takes long for all of them.
        options
            .withAdmission(NO_ADMISSION)
            .withLimits(new ServerOptions.Limits(
                4 << 20, 8 << 10, 100, Duration.ofMinutes(5), Duration.ofHours(1))),
        builder -> builder.method(
            ECHO,
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.unary((request, call) -> Future.succeededFuture(
                SimpleResponse.newBuilder().setPayload(request.getPayload()).build()))));
  }

  private static void echo(ManagedChannel channel) throws Exception {
    try {
      Random random = new Random(5);
      List<ByteString> sent = new ArrayList<>();
      List<ListenableFuture<SimpleResponse>> answers = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        byte[] body = new byte[10_000 + random.nextInt(150_000)];
        random.nextBytes(body);
        sent.add(ByteString.copyFrom(body));
        answers.add(ClientCalls.futureUnaryCall(
            channel.newCall(GrpcJavaCalls.simple(ECHO, MethodType.UNARY), CallOptions.DEFAULT),
            SimpleRequest.newBuilder()
                .setPayload(Payload.newBuilder().setBody(sent.get(i)))
                .build()));
      }
      List<ByteString> received = new ArrayList<>();
      for (ListenableFuture<SimpleResponse> answer : answers) {
        received.add(answer.get(Patience.SECONDS, TimeUnit.SECONDS).getPayload().getBody());
      }

      assertThat(received).isEqualTo(sent);
    } finally {
      channel.shutdownNow();
    }
  }
}
