package dev.grpcbackend.interop;

import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.server.TlsOptions;
import dev.grpcbackend.testing.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * grpc-java's interop client against this server. The cases of its list that are not here need what
 * this server is not: Google's credentials ({@code *_creds}, {@code *_credentials}, {@code
 * oauth2_auth_token}), load reports ({@code orca_*}), several servers ({@code pick_first_unary}).
 *
 * <p>The client's {@code cacheable_unary} does not use GET and asks for equal answers to equal
 * requests only.
 */
@Timeout(120)
class InteropServerTest {

  /** The largest message of the cases has 10 MiB. */
  private static final ServerOptions OPTIONS =
      TestServer.OPTIONS.withLimits(new ServerOptions.Limits(
          16 << 20, 8 << 10, 100, Duration.ofSeconds(30), Duration.ofHours(1)));

  private static PeerProcess peer;
  private static TestServer server;
  private static TestServer tlsServer;

  @BeforeAll
  static void start(@TempDir Path certificates) throws Exception {
    peer = PeerProcess.clients();
    server = TestServer.start(OPTIONS, builder -> builder.service(new TestService()));
    TlsOptions tls = TlsOptions.of(
        PeerProcess.certificate("server1.pem", certificates),
        PeerProcess.certificate("server1.key", certificates));
    tlsServer =
        TestServer.start(OPTIONS.withTls(tls), builder -> builder.service(new TestService()));
  }

  @AfterAll
  static void stop() {
    peer.close();
    server.close();
    tlsServer.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "empty_unary",
        "cacheable_unary",
        "large_unary",
        "client_compressed_unary",
        "client_compressed_unary_noprobe",
        "server_compressed_unary",
        "client_streaming",
        "client_compressed_streaming",
        "client_compressed_streaming_noprobe",
        "server_streaming",
        "server_compressed_streaming",
        "ping_pong",
        "empty_stream",
        "custom_metadata",
        "status_code_and_message",
        "special_status_message",
        "unimplemented_method",
        "unimplemented_service",
        "cancel_after_begin",
        "cancel_after_first_response",
        "timeout_on_sleeping_server",
        "very_large_request"
      })
  void passes(String testCase) {
    plaintext("--test_case=" + testCase);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rpc_soak", "channel_soak"})
  void endures(String soak) {
    plaintext(
        "--test_case=" + soak,
        "--soak_iterations=20",
        "--soak_per_iteration_max_acceptable_latency_ms=20000",
        "--soak_overall_timeout_seconds=50");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"large_unary", "server_compressed_streaming", "ping_pong", "custom_metadata"})
  void passesOverTls(String testCase) {
    peer.run(
        "--server_host=127.0.0.1",
        "--server_port=" + tlsServer.port(),
        "--use_tls=true",
        "--use_test_ca=true",
        "--server_host_override=" + PeerProcess.TLS_NAME,
        "--test_case=" + testCase);
  }

  /** What the program's class can check of a server but does not offer as a case. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "emptyUnaryWithRetriableStream",
        "fullDuplexCallShouldSucceed",
        "halfDuplexCallShouldSucceed",
        "serverStreamingShouldBeFlowControlled",
        "deadlineNotExceeded",
        "deadlineExceeded",
        "deadlineExceededServerStreaming",
        "maxInboundSize_exact",
        "maxInboundSize_tooBig",
        "gracefulShutdown"
      })
  void passesMore(String method) {
    plaintext("--method=" + method);
  }

  private static void plaintext(String... flags) {
    peer.run(Stream.concat(
            Stream.of(
                "--server_host=127.0.0.1", "--server_port=" + server.port(), "--use_tls=false"),
            Stream.of(flags))
        .toArray(String[]::new));
  }
}
