package dev.grpcbackend.policy;

import com.google.protobuf.Message;
import dev.grpcbackend.call.ForwardingServerCall;
import dev.grpcbackend.call.ServerCall;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.streams.ReadStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call whose handler is given no request that breaks a rule: the first that does ends the requests,
 * with a failure, and the call.
 */
final class CheckedCall<Req, Resp> extends ForwardingServerCall<Req, Resp> {

  private final RequestRules rules;
  private final Consumer<Throwable> onWrong;
  private @Nullable CheckedRequests checked;

  CheckedCall(ServerCall<Req, Resp> call, RequestRules rules, Consumer<Throwable> onWrong) {
    super(call);
    this.rules = rules;
    this.onWrong = onWrong;
  }

  @Override
  public Future<Req> request() {
    return super.request().compose(message -> {
      Throwable wrong = check(message);
      return wrong == null ? Future.succeededFuture(message) : Future.failedFuture(wrong);
    });
  }

  @Override
  public ReadStream<Req> requests() {
    CheckedRequests stream = checked;
    if (stream == null) {
      stream = new CheckedRequests(super.requests());
      checked = stream;
    }
    return stream;
  }

  private @Nullable Throwable check(Req message) {
    try {
      return rules.check((Message) message);
    } catch (RuntimeException broken) {
      // Of the server's own doing: logged, and no word of it to the caller.
      return broken;
    }
  }

  private final class CheckedRequests implements ReadStream<Req> {

    private final ReadStream<Req> all;
    private boolean failed;
    private @Nullable Handler<Throwable> onFailure;

    CheckedRequests(ReadStream<Req> all) {
      this.all = all;
    }

    @Override
    public ReadStream<Req> handler(@Nullable Handler<Req> handler) {
      all.handler(handler == null ? null : message -> take(message, handler));
      return this;
    }

    private void take(Req message, Handler<Req> handler) {
      Throwable wrong = failed ? null : check(message);
      if (wrong != null) {
        failed = true;
        onWrong.accept(wrong);
        if (onFailure != null) {
          onFailure.handle(wrong);
        }
      } else if (!failed) {
        handler.handle(message);
      }
    }

    @Override
    public ReadStream<Req> exceptionHandler(@Nullable Handler<Throwable> handler) {
      onFailure = handler;
      all.exceptionHandler(
          handler == null
              ? null
              : failure -> {
                if (!failed) {
                  handler.handle(failure);
                }
              });
      return this;
    }

    @Override
    public ReadStream<Req> endHandler(@Nullable Handler<Void> handler) {
      all.endHandler(
          handler == null
              ? null
              : end -> {
                if (!failed) {
                  handler.handle(null);
                }
              });
      return this;
    }

    @Override
    public ReadStream<Req> pause() {
      all.pause();
      return this;
    }

    @Override
    public ReadStream<Req> resume() {
      all.resume();
      return this;
    }

    @Override
    public ReadStream<Req> fetch(long amount) {
      all.fetch(amount);
      return this;
    }
  }
}
