package dev.grpcbackend.client;

import dev.grpcbackend.client.ServerState.State;
import dev.grpcbackend.proto.health.v1.HealthCheckRequest;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse;
import dev.grpcbackend.proto.health.v1.HealthCheckResponse.ServingStatus;
import dev.grpcbackend.proto.health.v1.HealthProto;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Context;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one server whether it serves, by {@code grpc.health.v1.Health/Watch} on a connection that it
 * has, as gRFC A17 says. One that cannot be asked does not serve, except that it does if it has no
 * such method. The call has no deadline, no retries and no credentials.
 *
 * <p>Everything happens on the event loop of the channel; all threads read the state.
 */
final class HealthWatch implements StreamSource {

  private static final Logger LOG = LoggerFactory.getLogger(HealthWatch.class);
  private static final CallOptions CALL_OPTIONS =
      CallOptions.DEFAULTS.withPropagation(Propagation.NONE);

  private final Context context;
  private final Target target;
  private final ChannelOptions options;
  private final HealthCheckRequest request;
  private final String server;
  private final CallCounts calls;
  private final Runnable onChange;
  private volatile State state = State.CONNECTING;
  private volatile @Nullable Status failure;
  private @Nullable Connection connection;
  private @Nullable HttpCall<HealthCheckRequest, HealthCheckResponse> call;
  private @Nullable Long timer;
  private long askedAt;
  private int failures;

  private HealthWatch(
      Context home,
      Target target,
      ChannelOptions options,
      String service,
      String server,
      Runnable onChange) {
    this.context = CallContext.apart(home);
    this.target = target;
    this.options = options.withServiceConfig(ServiceConfig.EMPTY);
    this.request = HealthCheckRequest.newBuilder().setService(service).build();
    this.server = server;
    this.calls = new CallCounts(Channels.of(home.owner()));
    this.onChange = onChange;
  }

  /**
   * Returns what watches a server if the service config wants it to be watched, null otherwise. With
   * one server to call it would only turn answers into failures, so not with {@code pick_first}.
   *
   * @param server what errors call it
   * @param onChange called when {@link #state} has changed
   */
  static @Nullable HealthWatch of(
      Context home, Target target, ChannelOptions options, String server, Runnable onChange) {
    ServiceConfig config = options.serviceConfig();
    String service = config.healthService();
    BalancingConfig.Policy policy = config.balancing(options.loadBalancing()).policy();
    return service == null || policy == BalancingConfig.Policy.PICK_FIRST
        ? null
        : new HealthWatch(home, target, options, service, server, onChange);
  }

  /** Returns ready if it serves, failed if it does not, connecting if that is not known yet. */
  State state() {
    return state;
  }

  /** Returns why it does not serve, null if it does or is still asked. */
  @Nullable
  Status failure() {
    return failure;
  }

  /** Asks on one of these connections, on the same as before if it is still there. */
  void follow(List<Connection> usable) {
    if (connection != null && usable.contains(connection)) {
      return;
    }
    stop();
    if (usable.isEmpty()) {
      state = State.CONNECTING;
      failure = null;
    } else {
      ask(usable.get(0));
    }
  }

  private void stop() {
    if (timer != null) {
      context.owner().cancelTimer(timer);
      timer = null;
    }
    if (connection != null) {
      connection.watched(false);
      connection = null;
    }
    HttpCall<HealthCheckRequest, HealthCheckResponse> unwanted = call;
    call = null;
    if (unwanted != null) {
      unwanted.cancel("its connection is not used any more");
    }
  }

  private void ask(Connection on) {
    connection = on;
    on.watched(true);
    askedAt = System.nanoTime();
    HttpCall<HealthCheckRequest, HealthCheckResponse> made =
        new HttpCall<>(this, Watch.METHOD, CALL_OPTIONS, List.of(), context);
    call = made;
    made.responses()
        .handler(response -> onStatus(made, response.getStatus()))
        .exceptionHandler(failed -> onEnd(made, ((StatusException) failed).status()))
        .endHandler(end -> onEnd(made, Status.OK));
    made.start(ClientCallObserver.NONE).sendLast(request);
  }

  private void onStatus(HttpCall<?, ?> from, ServingStatus status) {
    if (from == call) {
      failures = 0;
      become(
          status == ServingStatus.SERVING
              ? null
              : Status.UNAVAILABLE.withDescription(asked() + ": " + status));
    }
  }

  private void onEnd(HttpCall<?, ?> from, Status status) {
    Connection on = connection;
    if (from != call || on == null) {
      return;
    }
    call = null;
    on.watched(false);
    if (status.code() == GrpcStatus.UNIMPLEMENTED) {
      LOG.warn("{} has no {}: its health is not known", server, Watch.METHOD.fullName());
      become(null);
      return;
    }
    become(Status.UNAVAILABLE.withDescription(asked() + " failed: " + status));
    failures++;
    long nanos =
        Backoff.CONNECTING.nanos(failures, () -> ThreadLocalRandom.current().nextDouble());
    long left = (nanos - (System.nanoTime() - askedAt)) / 1_000_000;
    timer = context.owner().setTimer(Math.max(1, left), over -> {
      timer = null;
      ask(on);
    });
  }

  private String asked() {
    return server + ": health of \"" + request.getService() + '"';
  }

  private void become(@Nullable Status why) {
    failure = why;
    state = why == null ? State.READY : State.TRANSIENT_FAILURE;
    onChange.run();
  }

  // For the call -------------------------------------------------------------------------------

  @Override
  public Target target() {
    return target;
  }

  @Override
  public ChannelOptions options() {
    return options;
  }

  @Override
  public @Nullable RetryThrottle throttle() {
    return null;
  }

  @Override
  public CallCounts calls() {
    return calls;
  }

  @Override
  public @Nullable Connection take(StreamRequest stream) {
    Connection on = connection;
    if (on != null && on.tryTake()) {
      return on;
    }
    stream.onRefused(Status.UNAVAILABLE.withDescription(server + " has no room for a stream"));
    return null;
  }

  @Override
  public void forget(StreamRequest stream) {}

  @Override
  public void begun(Connection on) {}

  @Override
  public void ended(Connection on, boolean ok) {}

  /** Not loaded before it is needed. */
  private static final class Watch {
    private static final Method<HealthCheckRequest, HealthCheckResponse> METHOD = Method.of(
        HealthProto.getDescriptor().findServiceByName("Health").findMethodByName("Watch"),
        Marshaller.of(HealthCheckRequest.class),
        Marshaller.of(HealthCheckResponse.class));
  }
}
