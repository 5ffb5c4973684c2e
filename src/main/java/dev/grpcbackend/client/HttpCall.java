package dev.grpcbackend.client;

import dev.grpcbackend.rpc.CurrentCaller;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.streams.ReadStream;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call over HTTP/2: owns the one end that a call has, its deadline and its headers. {@link
 * Attempts} find it a server, {@link RequestWriter} and {@link ResponseQueue} hold its messages.
 */
final class HttpCall<Req, Resp> implements ClientCall<Req, Resp> {

  private final StreamSource source;
  private final Method<Req, Resp> method;
  private final List<ClientInterceptor> interceptors;
  private final Context context;
  private final MethodConfig config;
  private final Propagation propagation;
  private final Metadata requestHeaders;
  private final boolean waitsForReady;
  private final int maxInboundMessageBytes;
  private final RequestWriter<Req> writer;
  private final ResponseQueue<Resp> queue;
  private final Attempts<Req, Resp> attempts;
  private final Promise<Metadata> headers = Promise.promise();
  private final Promise<Metadata> trailers = Promise.promise();
  private final AtomicInteger stepsFromElsewhere = new AtomicInteger();

  private final DeadlineTimer timer;

  private long idleTimeoutMillis;
  private boolean compression;
  private boolean gzipWanted;
  private boolean begun;
  private volatile boolean closed;
  private @Nullable StatusException failure;
  private @Nullable OutgoingCalls siblings;

  /** Whether the message decoded last was compressed. */
  volatile boolean responseCompressed;

  HttpCall(
      StreamSource source,
      Method<Req, Resp> method,
      CallOptions options,
      List<ClientInterceptor> interceptors,
      Context context) {
    this.source = source;
    this.method = method;
    this.interceptors = interceptors;
    this.context = context;
    this.config = source.options().serviceConfig().methodConfig(method);
    this.propagation = options.propagation();
    this.requestHeaders = options.metadata();
    this.compression = options.compression();
    this.gzipWanted = options.compression();
    Boolean waits = config.waitForReady();
    this.waitsForReady = options.waitForReady() || (waits != null && waits);
    int limit = options.maxInboundMessageBytes() > 0
        ? options.maxInboundMessageBytes()
        : source.options().limits().maxInboundMessageBytes();
    this.maxInboundMessageBytes = Math.min(limit, config.maxResponseBytes());
    Duration timeout = config.timeout();
    Deadline deadline = options.deadlineFromNow();
    this.timer = new DeadlineTimer(
        context,
        timeout == null ? deadline : deadline.min(Deadline.after(timeout)),
        () -> this.onDeadline());
    this.writer = new RequestWriter<>(this, method, config.maxRequestBytes());
    this.queue =
        new ResponseQueue<>(context, method.type().hasSingleResponse(), () -> this.drain());
    this.attempts = new Attempts<>(this, writer, queue, config);
  }

  /** Starts the clock of the call, and ties it to the call that is being served. */
  HttpCall<Req, Resp> start(ClientCallObserver observer) {
    attempts.observe(observer);
    if (propagation.enabled() && CurrentCaller.of(context) != null) {
      CallContext.run(context, this::join);
    } else if (deadline().isFinite()) {
      CallContext.run(context, timer::watch);
    }
    return this;
  }

  private void join() {
    siblings = OutgoingCalls.of(context);
    if (siblings != null) {
      siblings.add(this);
    }
    timer.limit(siblings == null ? Deadline.NEVER : siblings.deadline());
  }

  @Override
  public Metadata requestHeaders() {
    return requestHeaders;
  }

  /** Brings the deadline forward; only before the headers were sent. */
  void limit(Deadline earlier) {
    CallContext.run(context, () -> timer.limit(earlier));
  }

  /** Resets the stream when nothing is received for this long; only before it is asked for. */
  void idleTimeout(long millis) {
    idleTimeoutMillis = millis;
  }

  // Sending ------------------------------------------------------------------------------------

  @Override
  public Future<Void> sendHeaders() {
    return onContext(() -> closed ? afterEnd() : writer.sendHeaders());
  }

  @Override
  public Future<Void> send(Req message) {
    return onContext(() -> closed ? afterEnd() : writer.send(message));
  }

  @Override
  public Future<Void> halfClose() {
    return onContext(() -> closed ? endAfterEnd() : writer.halfClose());
  }

  @Override
  public Future<Void> sendLast(Req message) {
    return onContext(() -> closed ? afterEnd() : writer.sendLast(message));
  }

  @Override
  public boolean writeQueueFull() {
    // From another thread: as long as steps wait for their turn, there are enough of them.
    return CallContext.isCurrent(context)
        ? !closed && writer.isFull()
        : !closed && stepsFromElsewhere.get() > 0;
  }

  @Override
  public ClientCall<Req, Resp> drainHandler(@Nullable Handler<Void> handler) {
    if (CallContext.isCurrent(context)) {
      writer.drainHandler(handler);
    } else {
      context.runOnContext(turn -> {
        writer.drainHandler(handler);
        // By now the steps that made the queue look full have been taken.
        if (handler != null && (closed || !writer.isFull())) {
          handler.handle(null);
        }
      });
    }
    return this;
  }

  @Override
  public ClientCall<Req, Resp> compression(boolean on) {
    CallContext.run(context, () -> {
      compression = on;
      gzipWanted |= on;
    });
    return this;
  }

  boolean compresses() {
    return compression;
  }

  /** Whether headers that leave now announce gzip. */
  boolean announcesGzip() {
    return gzipWanted;
  }

  // For attempts -------------------------------------------------------------------------------

  /** Makes the first attempt; called when there is something to send, once. */
  void begin() {
    begun = true;
    source.calls().begun();
    if (siblings != null) {
      propagation.copy(siblings.headers(), requestHeaders);
    }
    if (deadline().isExpired()) {
      onDeadline();
    } else if (interceptors.isEmpty()) {
      attempts.begin();
    } else {
      new Interception(this, interceptors).run();
    }
  }

  Attempts<Req, Resp> attempts() {
    return attempts;
  }

  StreamSource source() {
    return source;
  }

  boolean waitsForReady() {
    return waitsForReady;
  }

  int maxInboundMessageBytes() {
    return maxInboundMessageBytes;
  }

  long idleTimeoutMillis() {
    return idleTimeoutMillis;
  }

  // Receiving ----------------------------------------------------------------------------------

  void onHeaders(Metadata received) {
    headers.tryComplete(received);
  }

  /** The server has said how the call ends; what is left is to read its messages. */
  void onStatusKnown() {
    timer.stop();
  }

  private void drain() {
    attempts.drain();
  }

  @Override
  public Future<Metadata> headers() {
    return headers.future();
  }

  @Override
  public ReadStream<Resp> responses() {
    return queue;
  }

  @Override
  public Future<Resp> response() {
    if (!method.type().hasSingleResponse()) {
      throw new IllegalStateException(
          "the server may send many messages, read responses() instead");
    }
    return onContext(queue::single);
  }

  @Override
  public boolean responseCompressed() {
    return responseCompressed;
  }

  @Override
  public Future<Metadata> trailers() {
    return trailers.future();
  }

  // The end ------------------------------------------------------------------------------------

  @Override
  public void cancel() {
    cancel("cancelled by the caller");
  }

  @Override
  public void cancel(String reason) {
    CallContext.run(context, () -> close(Status.CANCELLED.withDescription(reason), Metadata.EMPTY));
  }

  /** Ends the call, unless it has ended, because its only message could not be sent. */
  void abandon(Throwable unsent) {
    Status status = unsent instanceof StatusException refused
        ? refused.status()
        : Status.CANCELLED.withDescription("the request could not be sent");
    CallContext.run(context, () -> close(status, Metadata.EMPTY));
  }

  /** Ends the call unless it has ended. */
  void close(Status status, Metadata received) {
    if (closed) {
      return;
    }
    closed = true;
    timer.stop();
    if (siblings != null) {
      siblings.remove(this);
    }
    Status end = endOf(status);
    if (begun) {
      source.calls().ended(end.isOk());
    }
    attempts.close(end);
    if (end.isOk()) {
      headers.tryComplete(Metadata.EMPTY);
      queue.onSuccess();
      writer.onClose(null);
      trailers.complete(received);
    } else {
      StatusException reported = end.asException(received).at(attempts.address(), attempts.made());
      failure = reported;
      headers.tryFail(reported);
      queue.onFailure(reported);
      writer.onClose(reported);
      trailers.fail(reported);
    }
  }

  /** A server that follows our deadline may say CANCELLED before our own timer does. */
  private Status endOf(Status status) {
    return status.code() == GrpcStatus.CANCELLED && deadline().isExpired()
        ? deadlineExceeded()
        : status;
  }

  boolean isClosed() {
    return closed;
  }

  /** Completes a write that failed with what becomes of the call, which is about to be known. */
  void settleWhenClosed(Promise<Void> write) {
    trailers.future().onComplete(ended -> write.tryComplete(), failed -> write.tryFail(failed));
  }

  private <T> Future<T> afterEnd() {
    return Future.failedFuture(RequestWriter.afterEnd(failure));
  }

  private Future<Void> endAfterEnd() {
    return failure == null ? Future.succeededFuture() : afterEnd();
  }

  private void onDeadline() {
    close(deadlineExceeded(), Metadata.EMPTY);
  }

  private Status deadlineExceeded() {
    String address = attempts.address();
    return Status.DEADLINE_EXCEEDED.withDescription("deadline exceeded"
        + (address.isEmpty()
            ? ", still waiting for a connection to " + source.target().text()
            : ", waiting for " + address));
  }

  // Small parts --------------------------------------------------------------------------------

  @Override
  public Method<Req, Resp> method() {
    return method;
  }

  @Override
  public Context context() {
    return context;
  }

  @Override
  public Deadline deadline() {
    return timer.deadline();
  }

  @Override
  public String server() {
    return attempts.address();
  }

  @Override
  public @Nullable HttpConnection connection() {
    return attempts.connection();
  }

  private <T> Future<T> onContext(Supplier<Future<T>> step) {
    if (CallContext.isCurrent(context)) {
      return step.get();
    }
    Promise<T> promise = Promise.promise();
    stepsFromElsewhere.incrementAndGet();
    context.runOnContext(turn -> {
      stepsFromElsewhere.decrementAndGet();
      step.get().onComplete(promise);
    });
    return promise.future();
  }
}
