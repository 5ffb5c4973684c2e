package dev.grpcbackend.policy;

import dev.grpcbackend.call.Principal;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.Patience;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A server with a policy file, and a caller of its only method by Connect. */
final class GuardedServer implements AutoCloseable {

  static final String KEYS = "authenticate:\n  apiKeys:\n    keys:\n    - " + hash("ada-key")
      + " ada staff\n    - " + hash("bob-key") + " bob\n";

  final Vertx vertx = Vertx.vertx();
  final AtomicInteger handled = new AtomicInteger();
  final Path file;
  private final HttpClient client = vertx.createHttpClient();
  private GrpcServerVerticle server = GrpcServerVerticle.builder().build();

  GuardedServer(Path folder) {
    file = folder.resolve("policy.yaml");
  }

  /** Writes the policy and starts the server. */
  GuardedServer start(String policy) throws Exception {
    return start(policy, UnaryOperator.identity());
  }

  GuardedServer start(String policy, UnaryOperator<GrpcServerVerticle.Builder> more)
      throws Exception {
    Files.writeString(file, policy);
    ServerOptions options = ServerOptions.DEFAULTS
        .withHost("127.0.0.1")
        .withPort(0)
        .withPolicy(new PolicyFile(file.toString(), Duration.ofMillis(20)));
    GrpcServerVerticle.Builder builder = GrpcServerVerticle.builder()
        .options(
            options.withServices(new ServerOptions.Services(List.of(), true, true, false, false)))
        .method(
            "Service/Process", Request.class, Response.class, ServerCalls.unary((request, call) -> {
              handled.incrementAndGet();
              Principal caller = call.principal();
              return Future.succeededFuture(Response.newBuilder()
                  .setText("hello " + caller.kind() + ":" + caller.name())
                  .build());
            }));
    server = more.apply(builder).build();
    await(vertx.deployVerticle(server));
    return this;
  }

  int port() {
    return server.actualPort();
  }

  /** Calls with headers, name and value in turn; the body of the answer tells the status. */
  String call(String... headers) throws Exception {
    return await(send(headers));
  }

  /** The same, without waiting for the answer. */
  Future<String> send(String... headers) {
    // All of it on one thread: a response whose end nobody waits for yet has no body any more.
    Promise<String> answer = Promise.promise();
    vertx.runOnContext(turn -> client
        .request(HttpMethod.POST, port(), "127.0.0.1", "/Service/Process")
        .compose(request -> {
          request.putHeader("content-type", "application/json");
          for (int i = 0; i < headers.length; i += 2) {
            request.headers().add(headers[i], headers[i + 1]);
          }
          return request.send(Buffer.buffer("{}"));
        })
        .compose(response -> response.body())
        .map(Buffer::toString)
        .onComplete(answer));
    return answer.future();
  }

  String bearer(String token) throws Exception {
    return call("authorization", "Bearer " + token);
  }

  static String hash(String key) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (java.security.NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(Patience.SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    await(vertx.close());
  }
}
