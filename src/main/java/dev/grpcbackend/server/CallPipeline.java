package dev.grpcbackend.server;

import dev.grpcbackend.observe.CallLog;
import dev.grpcbackend.observe.CallLogOptions;
import dev.grpcbackend.observe.RequestIds;
import dev.grpcbackend.observe.Traces;
import dev.grpcbackend.policy.Admission;
import dev.grpcbackend.policy.Authenticator;
import dev.grpcbackend.policy.Limits;
import dev.grpcbackend.policy.PolicyFile;
import dev.grpcbackend.policy.Validation;
import dev.grpcbackend.service.Health;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/**
 * What all calls of a server pass before what is registered for them: may they start now, what are
 * they called, who makes them, are their requests right; and what sees them. It ends with its server.
 */
final class CallPipeline {

  private final Vertx vertx;
  private final @Nullable CallLog log;
  private final @Nullable Traces traces;
  private final @Nullable ManagedServer managed;
  private final @Nullable ChannelzServer channelz;
  private @Nullable PolicyReload policy;

  private CallPipeline(
      Vertx vertx,
      @Nullable CallLog log,
      @Nullable Traces traces,
      @Nullable ManagedServer managed,
      @Nullable ChannelzServer channelz) {
    this.vertx = vertx;
    this.log = log;
    this.traces = traces;
    this.managed = managed;
    this.channelz = channelz;
  }

  /** Sets up what the options ask for; on the context of the server. */
  static CallPipeline of(
      Context context, ServerOptions options, GrpcBackend backend, Health health, CutLog cuts) {
    Admission admission = null;
    if (options.admission().enabled()) {
      // Before all others: those that look at a call cost more than to refuse it.
      admission = new Admission(
          options.admission(), new EventLoopTurns(context), backend.calls().running());
      backend.intercept(admission);
    }
    if (options.callLog().requestIds()) {
      backend.intercept(new RequestIds());
    }
    Vertx vertx = context.owner();
    Traces traces = options.tracing().isEnabled() ? Traces.join(vertx, options.tracing()) : null;
    if (traces != null) {
      backend.observe(traces.tracing());
    }
    CallLog log = openLog(options.callLog(), traces);
    if (log != null) {
      backend.observe(log);
    }
    ChannelzServer channelz =
        ChannelzServer.isWanted(options) ? new ChannelzServer(context, options.host()) : null;
    if (channelz != null) {
      backend.observe(channelz);
    }
    ManagedServer managed = ManagedServer.join(vertx, options, backend, health, cuts, admission);
    return new CallPipeline(vertx, log, traces, managed, channelz);
  }

  private static @Nullable CallLog openLog(CallLogOptions options, @Nullable Traces traces) {
    try {
      return options.isEnabled() ? CallLog.open(options) : null;
    } catch (RuntimeException unusable) {
      if (traces != null) {
        traces.close();
      }
      throw unusable;
    }
  }

  /** Completes once operators can ask, and the policy of callers is read and before all handlers. */
  Future<Void> open(GrpcBackend backend, PolicyFile file, Authenticator first, Limits limits) {
    Future<Integer> told = managed == null ? Future.succeededFuture(0) : managed.listening(vertx);
    return told.compose(port -> PolicyReload.open(vertx, file, first, limits)).map(opened -> {
      policy = opened;
      if (opened != null) {
        backend.intercept(opened.access());
        if (managed != null) {
          managed.guard(opened);
        }
      }
      if (file.validation()) {
        backend.intercept(new Validation());
      }
      return null;
    });
  }

  /**
   * All methods are registered.
   *
   * @throws dev.grpcbackend.options.OptionsException if the policy has a rule for one that does not exist
   */
  void registered(GrpcBackend backend) {
    if (policy != null) {
      policy.start(backend.methods());
    }
  }

  /** The server listens. */
  void started(Connections connections, @Nullable EventLoopWatch watch, int port) {
    if (channelz != null) {
      channelz.started(connections, port);
    }
    if (managed != null) {
      managed.started(vertx, connections, watch);
    }
  }

  /** Returns the port for operators, 0 if they have none of their own. */
  int managementPort() {
    return managed == null ? 0 : managed.port();
  }

  /** Writes down what is to be seen. */
  void look() {
    if (managed != null) {
      managed.look();
    }
  }

  /** The server has ended, or has never begun. */
  Future<Void> end() {
    Future<Void> last = policy == null ? Future.succeededFuture() : policy.stop();
    if (managed != null) {
      managed.ended();
    }
    if (channelz != null) {
      channelz.ended();
    }
    if (log == null && traces == null) {
      return last;
    }
    return last.eventually(() -> vertx.executeBlocking(() -> {
      if (log != null) {
        log.close();
      }
      if (traces != null) {
        traces.close();
      }
      return null;
    }));
  }
}
