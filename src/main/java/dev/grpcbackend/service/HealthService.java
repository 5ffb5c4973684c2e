package dev.grpcbackend.service;

import static dev.grpcbackend.call.ServerCalls.serverStreaming;
import static dev.grpcbackend.call.ServerCalls.unary;

import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.proto.health.v1.HealthCheckRequest;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.proto.health.v1.HealthListRequest;
import dev.grpcbackend.proto.health.v1.HealthListResponse;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code grpc.health.v1.Health} over a {@link Health}. {@code Check} answers NOT_FOUND for an unknown
 * name, {@code List} RESOURCE_EXHAUSTED for more than {@value #MAX_LISTED} names. {@code Watch} sends
 * the status at once, SERVICE_UNKNOWN for an unknown name, then changes only; a caller that reads
 * slowly is sent the latest when there is room and misses those before. It has no default deadline
 * and ends with its caller or its server.
 */
public final class HealthService implements BindableService {

  private static final String SERVICE = "grpc.health.v1.Health/";

  /** The most names that one {@code List} answers with (gRFC A90). */
  static final int MAX_LISTED = 100;

  private final Health health;

  public HealthService(Health health) {
    this.health = health;
  }

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        BoundMethod.of(
            SERVICE + "Check",
            HealthCheckRequest.class,
            HealthCheckResponse.class,
            unary((request, call) -> check(request))),
        BoundMethod.of(
            SERVICE + "List",
            HealthListRequest.class,
            HealthListResponse.class,
            unary((request, call) -> list())),
        BoundMethod.of(
                SERVICE + "Watch",
                HealthCheckRequest.class,
                HealthCheckResponse.class,
                serverStreaming((request, call) -> new Watch(health, request, call).start()))
            .asLongLived());
  }

  private Future<HealthCheckResponse> check(HealthCheckRequest request) {
    ServingStatus status = health.get(request.getService());
    return status == null
        ? Future.failedFuture(Status.NOT_FOUND
            .withDescription("no health is known of service " + Excerpt.of(request.getService()))
            .asException())
        : Future.succeededFuture(response(status));
  }

  private Future<HealthListResponse> list() {
    Map<String, ServingStatus> all = health.all();
    if (all.size() > MAX_LISTED) {
      return Future.failedFuture(Status.RESOURCE_EXHAUSTED
          .withDescription(all.size() + " names exceed the limit of " + MAX_LISTED)
          .asException());
    }
    HealthListResponse.Builder response = HealthListResponse.newBuilder();
    all.forEach((name, status) -> response.putStatuses(name, response(status)));
    return Future.succeededFuture(response.build());
  }

  private static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }

  /** One caller that watches one name: sends the latest status whenever it differs from the last. */
  private static final class Watch implements Consumer<ServingStatus> {

    private final Health health;
    private final String name;
    private final ServerCall<?, HealthCheckResponse> call;
    private final Promise<Void> done = Promise.promise();
    private @Nullable ServingStatus sent;

    Watch(Health health, HealthCheckRequest request, ServerCall<?, HealthCheckResponse> call) {
      this.health = health;
      this.name = request.getService();
      this.call = call;
    }

    Future<Void> start() {
      health.listen(name, this);
      call.cancelled().onSuccess(reason -> {
        health.forget(name, this);
        done.tryFail(reason.asException());
      });
      sendLatest();
      return done.future();
    }

    /** Changes come from any thread, and a slow reader is told of the last one only. */
    @Override
    public void accept(ServingStatus changed) {
      call.context().runOnContext(turn -> sendLatest());
    }

    private void sendLatest() {
      if (call.isCancelled()) {
        return;
      }
      if (call.writeQueueFull()) {
        call.drainHandler(room -> sendLatest());
        return;
      }
      ServingStatus known = health.get(name);
      ServingStatus latest = known == null ? ServingStatus.SERVICE_UNKNOWN : known;
      if (latest != sent) {
        sent = latest;
        call.send(response(latest));
      }
    }
  }
}
