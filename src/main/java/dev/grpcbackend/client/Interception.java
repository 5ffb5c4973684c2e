package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way of one call through the interceptors of its channel, which ends with its first attempt. */
final class Interception {

  private static final Logger LOG = LoggerFactory.getLogger(Interception.class);

  private final HttpCall<?, ?> call;
  private final List<ClientInterceptor> interceptors;
  private boolean passed;

  Interception(HttpCall<?, ?> call, List<ClientInterceptor> interceptors) {
    this.call = call;
    this.interceptors = interceptors;
  }

  /** Begins, on the call's context. */
  void run() {
    pass(0)
        .onComplete(end -> CallContext.run(call.context(), () -> {
          if (!passed) {
            call.close(end.failed() ? status(end.cause()) : unstarted(), Metadata.EMPTY);
          }
        }));
  }

  private Future<Metadata> pass(int index) {
    if (index == interceptors.size()) {
      passed = true;
      if (!call.isClosed()) {
        call.attempts().begin();
      }
      return call.trailers();
    }
    Future<Metadata> end;
    try {
      end = interceptors.get(index).intercept(call, () -> onContext(index + 1));
    } catch (RuntimeException thrown) {
      // An interceptor is foreign code, and nothing may be thrown into the caller's send.
      return Future.failedFuture(thrown);
    }
    return end == null ? Future.failedFuture("no future") : end;
  }

  private Future<Metadata> onContext(int index) {
    if (CallContext.isCurrent(call.context())) {
      return pass(index);
    }
    Promise<Metadata> end = Promise.promise();
    call.context().runOnContext(turn -> pass(index).onComplete(end));
    return end.future();
  }

  private static Status status(Throwable cause) {
    if (cause instanceof StatusException known) {
      return known.status();
    }
    LOG.warn("a client interceptor failed", cause);
    return Status.INTERNAL.withDescription("a client interceptor failed: " + cause);
  }

  private static Status unstarted() {
    return Status.INTERNAL.withDescription("a client interceptor did not start the call");
  }
}
