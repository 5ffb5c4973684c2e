package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.policy.PolicyFile;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.service.Health;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.WebResponse;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What those are told who operate a server. */
@Timeout(120)
class ManagementTest {

  private static final ManagementOptions OWN_PORT =
      new ManagementOptions(true, "127.0.0.1", 0, false, true, false);
  private static final ServerOptions OPTIONS = TestServer.OPTIONS.withManagement(OWN_PORT);
  private static final RequestFields HELLO = RequestFields.grpc("/helloworld.Greeter/SayHello");
  private static final HelloRequest ADA =
      HelloRequest.newBuilder().setName("Ada").build();
  private static final String SAY_HELLO = "{grpc_method=\"helloworld.Greeter/SayHello\"";

  private static TestServer start(ServerOptions options) {
    return TestServer.start(options, builder -> builder.service(new GreeterService()));
  }

  private static WebResponse get(int port, String path) {
    return request(port, RequestFields.get(path));
  }

  private static WebResponse request(int port, RequestFields fields) {
    try (RawHttp1Peer peer = RawHttp1Peer.connect(port)) {
      return peer.head(fields).response();
    }
  }

  private static String metrics(TestServer server) {
    await(server.verticle().lookAtConnections());
    return get(server.verticle().managementPort(), "/metrics").text();
  }

  private static void awaitMetric(TestServer server, String line) {
    while (!metrics(server).contains(line)) {
      Thread.onSpinWait();
    }
  }

  private static void hello(int port) {
    try (RawHttp2Peer peer = RawHttp2Peer.connect(port)) {
      assertThat(peer.request(HELLO, GrpcFrames.message(ADA)).response().grpcStatus())
          .hasValue(0);
    }
  }

  @Test
  void showsCallsByMethodAndStatusInBuckets() {
    try (TestServer server = start(OPTIONS)) {
      hello(server.port());
      hello(server.port());
      String all = metrics(server);
      String ok = SAY_HELLO + ",grpc_status=\"OK\"";
      assertThat(all.lines())
          .contains(
              "# TYPE grpc_server_call_started_total counter",
              "grpc_server_call_started_total" + SAY_HELLO + "} 2.0",
              "grpc_server_calls_active" + SAY_HELLO + "} 0.0",
              "# TYPE grpc_server_call_duration_seconds histogram",
              "grpc_server_call_duration_seconds_bucket" + ok + ",le=\"0.0\"} 0",
              "grpc_server_call_duration_seconds_bucket" + ok + ",le=\"100.0\"} 2",
              "grpc_server_call_duration_seconds_count" + ok + "} 2",
              "grpc_server_call_rcvd_total_compressed_message_size_bytes_bucket" + ok
                  + ",le=\"1024.0\"} 2",
              "grpc_server_call_rcvd_total_compressed_message_size_bytes_sum" + ok + "} "
                  + 2.0 * ADA.getSerializedSize(),
              "grpc_server_call_sent_total_compressed_message_size_bytes_count" + ok + "} 2");
      assertThat(all)
          .contains("jvm_memory_used_bytes{", "netty_allocator_memory_used{", "process_cpu_usage")
          .contains("grpc_server_ready 1.0", "grpc_server_memory_held_bytes ")
          .contains("grpc_server_eventloop_lag_seconds_count")
          .contains("grpc_server_rejected_total{reason=\"overload\"} 0.0")
          .contains("grpc_server_queue_size 0.0", "grpc_server_queue_age_seconds 0.0");
    }
  }

  @Test
  void showsAllNamesThatCallersMakeUpAsOne() {
    try (TestServer server = start(OPTIONS);
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      for (int i = 0; i < 20; i++) {
        peer.openAndEnd(RequestFields.grpc("/made.Up/Method" + i)).response();
      }
      peer.openAndEnd(HELLO.with("grpc-timeout", "soon")).response();
      assertThat(metrics(server))
          .doesNotContain("made")
          .contains("started_total{grpc_method=\"other\"} 20.0")
          .contains("count{grpc_method=\"other\",grpc_status=\"UNIMPLEMENTED\"} 20")
          .contains("duration_seconds_count" + SAY_HELLO + ",grpc_status=\"INTERNAL\"} 1");
    }
  }

  @Test
  void showsWhatIsInProgressAndWhoWasCutOff() {
    // The limit is that of the address for operators, too, which ask again before it has seen that
    // they have gone.
    int most = 5;
    List<RawHttp1Peer> others = new ArrayList<>();
    try (TestServer server = start(OPTIONS.withConnections(new ConnectionRules(
            most,
            0,
            Duration.ofSeconds(10),
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofSeconds(5))));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      peer.open(RequestFields.grpc("/helloworld.Greeter/Chat"))
          .data(GrpcFrames.message(ADA))
          .headerBlocks(1);
      while (others.size() < most - 1) {
        others.add(RawHttp1Peer.connect(server.port()));
      }
      try (RawHttp1Peer oneMore = RawHttp1Peer.connect(server.port())) {
        oneMore.awaitEnd();
      }
      // It may be told of its end a turn before the server has forgotten it.
      awaitMetric(server, "grpc_server_connections_active 5.0");
      assertThat(metrics(server))
          .contains("calls_active{grpc_method=\"helloworld.Greeter/Chat\"} 1.0")
          .contains("grpc_server_streams_active 1.0")
          .contains("grpc_server_connection_streams_max 1.0")
          .contains("grpc_server_clients_cut_total{reason=\"too_many_connections\"} 1.0");
    } finally {
      others.forEach(RawHttp1Peer::close);
    }
  }

  @Test
  void showsTheFormatOfOpenMetricsToThoseWhoAskForIt() {
    try (TestServer server = start(OPTIONS)) {
      int port = server.verticle().managementPort();
      WebResponse plain = get(port, "/metrics");
      assertThat(plain.header("content-type").orElse("")).startsWith("text/plain; version=0.0.4");
      WebResponse open = request(
          port, RequestFields.get("/metrics").with("accept", "application/openmetrics-text;q=0.5"));
      assertThat(open.header("content-type").orElse("")).startsWith("application/openmetrics-text");
      assertThat(open.text()).endsWith("# EOF\n");
    }
  }

  @Test
  void answersForAllInstancesUntilTheLastHasEnded() throws Exception {
    List<GrpcServerVerticle> servers = new CopyOnWriteArrayList<>();
    Vertx vertx = Vertx.vertx();
    try {
      // A builder for each: nothing but the address makes them one.
      String id = await(vertx.deployVerticle(
          () -> {
            GrpcServerVerticle made = GrpcServerVerticle.builder()
                .options(OPTIONS)
                .service(new GreeterService())
                .build();
            servers.add(made);
            return made;
          },
          new DeploymentOptions().setInstances(2)));
      int management = servers.get(0).managementPort();
      assertThat(servers.get(1).managementPort()).isEqualTo(management);
      for (int i = 0; i < 4; i++) {
        hello(servers.get(0).actualPort());
      }
      assertThat(get(management, "/metrics").text())
          .contains("started_total" + SAY_HELLO + "} 4.0");
      servers.get(1).health().set(Health.SERVER, ServingStatus.NOT_SERVING);
      assertThat(get(management, "/ready").status()).isEqualTo(503);
      servers.get(1).health().set(Health.SERVER, ServingStatus.SERVING);
      assertThat(get(management, "/ready").status()).isEqualTo(200);
      await(vertx.undeploy(id));
      awaitFree(management);
    } finally {
      await(vertx.close());
    }
  }

  private static void awaitFree(int port) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (true) {
      try {
        new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
        return;
      } catch (IOException taken) {
        assertThat(System.nanoTime()).as("port " + port + " is taken").isLessThan(end);
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void isReadyWhileTheServerWantsCalls() {
    Promise<Response> late = Promise.promise();
    BoundMethod<Request, Response> waits = BoundMethod.of(
        "ready.Test/Waits",
        Request.class,
        Response.class,
        ServerCalls.unary((request, call) -> late.future()));
    Health health = new Health();
    ServerOptions patient =
        OPTIONS.withDrain(new ServerOptions.Drain(Duration.ZERO, Duration.ofSeconds(30)));
    try (TestServer server =
            TestServer.start(patient, builder -> builder.health(health).method(waits));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      int port = server.verticle().managementPort();
      WebResponse ready = get(port, "/readyz");
      assertThat(ready.status()).isEqualTo(200);
      assertThat(ready.text())
          .isEqualTo("{\"ready\":true,\"services\":{\"ready.Test\":\"SERVING\"}}\n");
      health.set("ready.Test", ServingStatus.NOT_SERVING);
      assertThat(get(port, "/ready").text())
          .isEqualTo("{\"ready\":true,\"services\":{\"ready.Test\":\"NOT_SERVING\"}}\n");
      var call = peer.request(
          RequestFields.grpc("/ready.Test/Waits"),
          GrpcFrames.message(Request.getDefaultInstance()));
      while (server.verticle().calls().count() == 0) {
        Thread.onSpinWait();
      }
      Future<DrainReport> drained = server.verticle().drain();
      while (health.get(Health.SERVER) == ServingStatus.SERVING) {
        Thread.onSpinWait();
      }
      assertThat(get(port, "/ready").status()).isEqualTo(503);
      assertThat(get(port, "/metrics").text()).contains("grpc_server_ready 0.0");
      assertThat(get(port, "/livez").status()).isEqualTo(200);
      late.complete(Response.getDefaultInstance());
      assertThat(call.response().grpcStatus()).hasValue(0);
      await(drained);
    }
  }

  @Test
  void isNotLiveWhileAHandlerBlocksTheEventLoop() {
    CountDownLatch seen = new CountDownLatch(1);
    BoundMethod<Request, Response> blocks = BoundMethod.of(
        "live.Test/Blocks", Request.class, Response.class, ServerCalls.unary((request, call) -> {
          try {
            seen.await();
          } catch (InterruptedException interrupted) {
            throw Status.CANCELLED.asException();
          }
          return Future.succeededFuture(Response.getDefaultInstance());
        }));
    ServerOptions watched = OPTIONS.withWatchdog(
        new ServerOptions.Watchdog(true, Duration.ofMillis(50), Duration.ofMillis(300)));
    try (TestServer server = TestServer.start(watched, builder -> builder.method(blocks));
        RawHttp2Peer peer = RawHttp2Peer.connect(server.port())) {
      int port = server.verticle().managementPort();
      assertThat(get(port, "/health").status()).isEqualTo(200);
      peer.request(
          RequestFields.grpc("/live.Test/Blocks"),
          GrpcFrames.message(Request.getDefaultInstance()));
      while (get(port, "/health").status() == 200) {
        Thread.onSpinWait();
      }
      assertThat(get(port, "/livez").text()).isEqualTo("{\"live\":false}\n");
      assertThat(get(port, "/readyz").status()).isEqualTo(503);
      seen.countDown();
      while (get(port, "/livez").status() != 200) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void answersBesideCallsWhereItIsAskedTo() {
    ManagementOptions beside = new ManagementOptions(true, "127.0.0.1", 8081, true, true, false);
    try (TestServer server = start(OPTIONS.withManagement(beside))) {
      hello(server.port());
      assertThat(server.verticle().managementPort()).isZero();
      assertThat(get(server.port(), "/ready?verbose").status()).isEqualTo(200);
      assertThat(get(server.port(), "/metrics").text())
          .contains("started_total" + SAY_HELLO + "} 1.0");
      assertThat(get(server.port(), "/v1/greeter/Ada").text()).contains("Hello Ada");
    }
  }

  @Test
  void showsMetricsBesideCallsOnlyToThoseWhomThePolicyNames(@TempDir Path folder) throws Exception {
    Path policy = Files.writeString(
        folder.resolve("policy.yaml"), """
        authenticate:
          apiKeys:
            keys:
            - %s olga ops
            - %s dave dev
        rules:
        - allow /metrics to role:ops
        - allow * to anyone
        """.formatted(sha256("ops-key"), sha256("dev-key")));
    ManagementOptions beside = new ManagementOptions(true, "127.0.0.1", 8081, true, true, false);
    try (TestServer server = start(OPTIONS
        .withManagement(beside)
        .withPolicy(new PolicyFile(policy.toString(), Duration.ZERO)))) {
      RequestFields page = RequestFields.get("/metrics");
      WebResponse nobody = request(server.port(), page);
      assertThat(nobody.status()).isEqualTo(401);
      assertThat(nobody.header("www-authenticate")).hasValue("Bearer");
      assertThat(request(server.port(), page.with("x-api-key", "no-key")).status())
          .isEqualTo(401);
      assertThat(request(server.port(), page.with("x-api-key", "dev-key")).status())
          .isEqualTo(403);
      assertThat(request(server.port(), page.with("x-b-bin", "?")).status()).isEqualTo(400);
      assertThat(request(server.port(), page.with("x-api-key", "ops-key")).text())
          .contains("grpc_server_rejected_total{reason=\"unauthenticated\"} 2.0")
          .contains("grpc_server_rejected_total{reason=\"permission\"} 1.0");
      assertThat(get(server.port(), "/metrics?name=up").status()).isEqualTo(401);
      assertThat(get(server.port(), "/ready").status()).isEqualTo(200);
      hello(server.port());
    }
  }

  private static String sha256(String key) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash);
  }

  @Test
  void answersNothingElse() {
    ManagementOptions bare = new ManagementOptions(true, "127.0.0.1", 0, false, false, false);
    try (TestServer server = start(OPTIONS.withManagement(bare))) {
      int port = server.verticle().managementPort();
      assertThat(get(port, "/metrics").status()).isEqualTo(404);
      assertThat(get(port, "/").status()).isEqualTo(404);
      WebResponse posted;
      try (RawHttp1Peer peer = RawHttp1Peer.connect(port)) {
        posted = peer.request(RequestFields.post("/ready", "text/plain"), ByteString.EMPTY)
            .response();
      }
      assertThat(posted.status()).isEqualTo(404);
      WebResponse deleted = request(port, RequestFields.get("/ready").with(":method", "DELETE"));
      assertThat(deleted.status()).isEqualTo(405);
      assertThat(deleted.header("allow")).hasValue("GET, HEAD");
      WebResponse head = request(port, RequestFields.get("/ready").with(":method", "HEAD"));
      assertThat(head.status()).isEqualTo(200);
    }
    try (TestServer off = start(TestServer.OPTIONS)) {
      assertThat(off.verticle().managementPort()).isZero();
      assertThat(get(off.port(), "/ready").status()).isEqualTo(404);
    }
  }

  @Test
  void doesNotStartWhereTheAddressIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      ManagementOptions there =
          new ManagementOptions(true, "127.0.0.1", taken.getLocalPort(), false, true, false);
      assertThatThrownBy(() -> start(OPTIONS.withManagement(there)).close())
          .hasRootCauseMessage("Address already in use")
          .hasStackTraceContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort()
              + ", the address for management: ");
    }
  }
}
