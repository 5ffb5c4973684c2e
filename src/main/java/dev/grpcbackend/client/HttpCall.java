package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.TimeoutHeader;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.streams.ReadStream;
import io.vertx.grpc.common.GrpcStatus;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call over one HTTP/2 stream: owns the one end that a call has, its deadline, and the stream.
 * {@link RequestWriter} and {@link ResponseReader} do the work of the two directions.
 */
final class HttpCall<Req, Resp> implements ClientCall<Req, Resp> {

  private static final long RESET_NO_ERROR = 0;
  private static final long RESET_CANCEL = 8;

  private final Connections connections;
  private final Target target;
  private final Method<Req, Resp> method;
  private final Context context;
  private final Metadata requestHeaders;
  private final RequestWriter<Req> writer;
  private final ResponseQueue<Resp> queue;
  private final ResponseReader<Resp> reader;
  private final Promise<Metadata> headers = Promise.promise();
  private final Promise<Metadata> trailers = Promise.promise();
  private final AtomicInteger stepsFromElsewhere = new AtomicInteger();

  private final DeadlineTimer timer;

  private long idleTimeoutMillis;
  private boolean compression;
  private boolean gzipWanted;
  private boolean connecting;
  private volatile @Nullable HttpClientRequest http;
  private volatile boolean closed;
  private @Nullable StatusException failure;

  /** Whether the message decoded last was compressed. */
  volatile boolean responseCompressed;

  HttpCall(
      Connections connections,
      Target target,
      Method<Req, Resp> method,
      CallOptions options,
      Context context) {
    this.connections = connections;
    this.target = target;
    this.method = method;
    this.context = context;
    this.requestHeaders = new Metadata().addAll(options.metadata());
    this.compression = options.compression();
    this.gzipWanted = options.compression();
    this.timer = new DeadlineTimer(context, options.deadlineFromNow(), () -> this.onDeadline());
    this.writer = new RequestWriter<>(this, method);
    this.queue =
        new ResponseQueue<>(context, method.type().hasSingleResponse(), () -> this.drain());
    int limit = options.maxInboundMessageBytes() > 0
        ? options.maxInboundMessageBytes()
        : connections.options().limits().maxInboundMessageBytes();
    this.reader = new ResponseReader<>(this, method.response(), queue, limit);
  }

  /** Starts the clock of the call. */
  HttpCall<Req, Resp> start() {
    if (deadline().isFinite()) {
      CallContext.run(context, timer::watch);
    }
    return this;
  }

  /** Returns the request headers, to be added to before they are sent. */
  Metadata requestHeaders() {
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

  /** Fills in the headers of the request. */
  void writeHead(HttpClientRequest stream, boolean gzip) {
    stream.setChunked(true);
    stream.putHeader(GrpcHeaders.TE, GrpcHeaders.TRAILERS);
    if (deadline().isFinite()) {
      stream.putHeader(GrpcHeaders.GRPC_TIMEOUT, TimeoutHeader.format(deadline().remainingNanos()));
    }
    stream.putHeader(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.APPLICATION_GRPC);
    stream.putHeader(GrpcHeaders.USER_AGENT, connections.options().transport().userAgent());
    if (gzip) {
      stream.putHeader(GrpcHeaders.GRPC_ENCODING, GrpcHeaders.GZIP);
    }
    stream.putHeader(GrpcHeaders.GRPC_ACCEPT_ENCODING, GrpcHeaders.GZIP);
    MetadataHeaders.write(requestHeaders, (name, value) -> stream.headers().add(name, value));
  }

  // The stream ---------------------------------------------------------------------------------

  /** Asks for a stream, once. */
  void connect() {
    if (connecting || closed) {
      return;
    }
    if (deadline().isExpired()) {
      onDeadline();
      return;
    }
    connecting = true;
    connections.stream(target, method.path(), deadline())
        .onComplete(
            this::onStream,
            refused -> CallContext.run(
                context,
                () -> close(
                    TransportStatus.notConnected(refused, target, connections.options()),
                    Metadata.EMPTY)));
  }

  private void onStream(HttpClientRequest stream) {
    stream.exceptionHandler(this::onBroken);
    if (stream.version() != HttpVersion.HTTP_2) {
      close(
          Status.UNAVAILABLE.withDescription(
              target.text() + " does not speak HTTP/2: it chose " + stream.version()),
          Metadata.EMPTY);
      stream.connection().close();
      return;
    }
    http = stream;
    if (closed) {
      // A stream goes back to its connection only by being used: an unused one would stay taken.
      writer.sendHeadOf(stream);
      stream.reset(RESET_CANCEL);
      return;
    }
    if (idleTimeoutMillis > 0) {
      stream.idleTimeout(idleTimeoutMillis);
    }
    stream.response().onComplete(reader::onHead, this::onBroken);
    writer.onStream(stream);
  }

  void onBroken(Throwable cause) {
    if (!closed) {
      close(TransportStatus.broken(cause, target), Metadata.EMPTY);
    }
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
    reader.drain();
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

  /** Ends the call unless it has ended. */
  void close(Status status, Metadata received) {
    if (closed) {
      return;
    }
    closed = true;
    timer.stop();
    HttpClientRequest stream = http;
    if (stream != null) {
      release(stream);
    }
    if (status.isOk()) {
      headers.tryComplete(Metadata.EMPTY);
      queue.onSuccess();
      writer.onClose(null);
      trailers.complete(received);
    } else {
      StatusException reported = endOf(status).asException(received);
      failure = reported;
      headers.tryFail(reported);
      queue.onFailure(reported);
      writer.onClose(reported);
      trailers.fail(reported);
    }
  }

  /** Resets the stream unless both sides have ended it. */
  private void release(HttpClientRequest stream) {
    if (!writer.isHeadSent()) {
      writer.sendHeadOf(stream);
    }
    if (!reader.isEnded()) {
      stream.reset(RESET_CANCEL);
    } else if (!writer.isEndWritten()) {
      // After an early status both sides are content (PROTOCOL-HTTP2).
      stream.reset(RESET_NO_ERROR);
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
    String where = http == null ? ", still waiting for a connection to " : ", waiting for ";
    return Status.DEADLINE_EXCEEDED.withDescription("deadline exceeded" + where + target.text());
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
  public @Nullable HttpConnection connection() {
    HttpClientRequest stream = http;
    return stream == null ? null : stream.connection();
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
