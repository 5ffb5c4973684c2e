package dev.grpcbackend.interop;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Our client against grpc-java's interop server. That server neither checks whether requests are
 * compressed nor compresses the messages of a stream, so the two probes and the flags of a stream
 * are checked against our own server, which its client has checked.
 */
@Timeout(120)
class InteropClientTest {

  private static final Vertx VERTX = Vertx.vertx();

  private static PeerProcess peer;
  private static PeerProcess tlsPeer;
  private static TestServer own;
  private static Channel toPeer;
  private static Channel toTlsPeer;
  private static Channel toOwn;

  @BeforeAll
  static void start(@TempDir Path certificates) throws Exception {
    peer = PeerProcess.server("--use_tls=false");
    tlsPeer = PeerProcess.server("--use_tls=true");
    own = TestServer.start(
        TestServer.OPTIONS.withLimits(new ServerOptions.Limits(
            16 << 20, 8 << 10, 100, Duration.ofSeconds(30), Duration.ofHours(1))),
        builder -> builder.service(new TestService()));
    toPeer = Channel.create(VERTX, ChannelOptions.to("127.0.0.1:" + peer.port()));
    toOwn = Channel.create(VERTX, ChannelOptions.to("127.0.0.1:" + own.port()));
    toTlsPeer = Channel.create(
        VERTX,
        ChannelOptions.to("127.0.0.1:" + tlsPeer.port())
            .withAuthority(PeerProcess.TLS_NAME)
            .withTls(ChannelOptions.Tls.trusting(PeerProcess.certificate("ca.pem", certificates))));
  }

  @AfterAll
  static void stop() {
    TestServer.await(VERTX.close());
    peer.close();
    tlsPeer.close();
    own.close();
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "CLIENT_COMPRESSED_UNARY",
        "CLIENT_COMPRESSED_STREAMING",
        "SERVER_COMPRESSED_STREAMING"
      })
  void passes(ClientCase testCase) throws Exception {
    testCase.run(new ClientCases(VERTX, toPeer));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "CLIENT_COMPRESSED_UNARY",
        "CLIENT_COMPRESSED_STREAMING",
        "SERVER_COMPRESSED_STREAMING"
      })
  void passesOverTls(ClientCase testCase) throws Exception {
    testCase.run(new ClientCases(VERTX, toTlsPeer));
  }

  @ParameterizedTest
  @EnumSource
  void passesWithOurServer(ClientCase testCase) throws Exception {
    testCase.run(new ClientCases(VERTX, toOwn));
  }
}
