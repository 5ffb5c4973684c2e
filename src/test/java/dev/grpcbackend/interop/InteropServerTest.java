package dev.grpcbackend.interop;

import dev.grpcbackend.protocol.CallLimits;
import dev.grpcbackend.server.GrpcBackend;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * grpc-java's interop client against this server. The cases of its list that are not here need what
 * this server is not: Google's credentials ({@code *_creds}, {@code *_credentials}, {@code
 * oauth2_auth_token}), load reports ({@code orca_*}), several servers ({@code pick_first_unary}).
 */
@Timeout(90)
class InteropServerTest {

  /** The largest request of the cases has 10 MiB. */
  private static final CallLimits LIMITS =
      new CallLimits(16 << 20, 8 << 10, Duration.ofSeconds(30), Duration.ofHours(1), 1 << 10);

  private static final Vertx VERTX = Vertx.vertx();
  private static PeerProcess peer;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    peer = PeerProcess.clients();
    port = VERTX
        .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
        .requestHandler(GrpcBackend.create(VERTX, LIMITS).add(new TestService()))
        .listen()
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS)
        .actualPort();
  }

  @AfterAll
  static void stop() throws Exception {
    peer.close();
    VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
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
    peer.run(plain("--test_case=" + testCase));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rpc_soak", "channel_soak"})
  void survives(String soak) {
    peer.run(plain(
        "--test_case=" + soak,
        "--soak_iterations=10",
        "--soak_per_iteration_max_acceptable_latency_ms=20000",
        "--soak_overall_timeout_seconds=50"));
  }

  private static String[] plain(String... flags) {
    String[] all = new String[flags.length + 3];
    all[0] = "--server_host=127.0.0.1";
    all[1] = "--server_port=" + port;
    all[2] = "--use_tls=false";
    System.arraycopy(flags, 0, all, 3, flags.length);
    return all;
  }
}
