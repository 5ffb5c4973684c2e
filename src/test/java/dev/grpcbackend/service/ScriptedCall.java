package dev.grpcbackend.service;

import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.CallStream;
import dev.grpcbackend.call.Peer;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A call whose wire side the test plays: it decides when the caller reads and when it goes. */
final class ScriptedCall<Req, Resp> implements CallStream<Resp> {

  private final Context context;
  private final ActiveCall<Req, Resp> call;
  private final List<Resp> sent = new CopyOnWriteArrayList<>();
  private boolean full;

  private ScriptedCall(Context context, BoundMethod<Req, Resp> method) {
    this.context = context;
    this.call = new ActiveCall<>(method, this, Deadline.NEVER, new ActiveCalls());
  }

  /** Starts a call of a service's method on an event loop of its own. */
  @SuppressWarnings("unchecked") // the test knows the messages of the method it names
  static <Req, Resp> ScriptedCall<Req, Resp> start(
      Vertx vertx, BindableService service, String fullName) {
    BoundMethod<?, ?> bound = service.methods().stream()
        .filter(method -> method.method().fullName().equals(fullName))
        .findFirst()
        .orElseThrow();
    Context context = vertx.getOrCreateContext();
    return on(context, () -> {
      ScriptedCall<Req, Resp> started = new ScriptedCall<>(context, (BoundMethod<Req, Resp>) bound);
      started.call.start();
      return started;
    });
  }

  /** Sends the only request. */
  void request(Req message) {
    on(call -> {
      call.onMessage(message);
      call.onHalfClose();
      return null;
    });
  }

  /** Lets the caller read no more. */
  void stopReading() {
    on(call -> full = true);
  }

  /** Lets the caller read again. */
  void resumeReading() {
    on(call -> {
      full = false;
      call.onReady();
      return null;
    });
  }

  /** Returns the responses so far, those of turns that are under way included. */
  List<Resp> sent() {
    return on(call -> List.copyOf(sent));
  }

  /** Does something with the call, on its context. */
  <T> T on(Function<ActiveCall<Req, Resp>, T> action) {
    return on(context, () -> action.apply(call));
  }

  private static <T> T on(Context context, java.util.function.Supplier<T> action) {
    Promise<T> result = Promise.promise();
    context.runOnContext(turn -> {
      try {
        result.complete(action.get());
      } catch (RuntimeException failure) {
        result.fail(failure);
      }
    });
    return TestServer.await(result.future());
  }

  @Override
  public Context context() {
    return context;
  }

  @Override
  public String protocol() {
    return "grpc";
  }

  @Override
  public @org.jspecify.annotations.Nullable String header(CharSequence name) {
    return null;
  }

  @Override
  public Peer peer() {
    throw new UnsupportedOperationException("no connection");
  }

  @Override
  public Metadata headers() {
    return Metadata.EMPTY;
  }

  @Override
  public boolean messageCompressed() {
    return false;
  }

  @Override
  public void pull() {}

  @Override
  public Future<Void> sendHeaders(Metadata headers) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> send(Resp message, boolean compress, Metadata headers) {
    sent.add(message);
    return Future.succeededFuture();
  }

  @Override
  public boolean writeQueueFull() {
    return full;
  }

  @Override
  public void close(Status status, Metadata headers, Metadata trailers) {}
}
