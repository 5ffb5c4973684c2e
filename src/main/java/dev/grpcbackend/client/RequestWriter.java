package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a call: gathers the messages of one turn of the event loop, and those that are
 * sent before there is a stream, into one write. Used on the call's context only.
 */
final class RequestWriter<Req> {

  /** At this size what is gathered leaves at once; it is the size of a default HTTP/2 frame. */
  private static final int FLUSH_BYTES = 16 * 1024;

  private final HttpCall<Req, ?> call;
  private final Method<Req, ?> method;
  private final MessageFramer framer = new MessageFramer();
  private @Nullable HttpClientRequest http;
  /** Completes with the write of what is gathered now. */
  private @Nullable Promise<Void> batch;

  private boolean flushScheduled;
  private boolean headSent;
  private boolean gzipAnnounced;
  private boolean halfClosed;
  private boolean endSent;
  private boolean endWritten;
  private boolean fullSeen;
  private @Nullable Handler<Void> drainHandler;

  RequestWriter(HttpCall<Req, ?> call, Method<Req, ?> method) {
    this.call = call;
    this.method = method;
  }

  Future<Void> sendHeaders() {
    if (headSent) {
      return Future.succeededFuture();
    }
    Future<Void> written = batch();
    scheduleFlush();
    return written;
  }

  Future<Void> send(Req message) {
    if (halfClosed) {
      return Future.failedFuture(new IllegalStateException(
          "message sent after the end of " + method.fullName() + " requests"));
    }
    try {
      framer.append(method.request(), message, call.compresses() && announcesGzip());
    } catch (StatusException unencodable) {
      return Future.failedFuture(unencodable);
    }
    Future<Void> written = batch();
    if (framer.size() >= FLUSH_BYTES) {
      flush();
    } else {
      scheduleFlush();
    }
    return written;
  }

  Future<Void> halfClose() {
    if (halfClosed) {
      return Future.succeededFuture();
    }
    halfClosed = true;
    Future<Void> written = batch();
    flush();
    return written;
  }

  /** Whether messages may be compressed: once the headers are out, only if they said so. */
  private boolean announcesGzip() {
    return headSent ? gzipAnnounced : call.announcesGzip();
  }

  void onStream(HttpClientRequest stream) {
    http = stream;
    stream.drainHandler(room -> onDrain());
    flush();
    onDrain();
  }

  boolean isFull() {
    HttpClientRequest stream = http;
    boolean full =
        stream == null ? framer.size() >= FLUSH_BYTES : !endSent && stream.writeQueueFull();
    fullSeen |= full;
    return full;
  }

  void drainHandler(@Nullable Handler<Void> handler) {
    this.drainHandler = handler;
  }

  /** Whether everything, with the end, has been handed to the transport. */
  boolean isEndWritten() {
    return endWritten;
  }

  boolean isHeadSent() {
    return headSent;
  }

  /** Sends the headers of a call that is over, so that its stream can be reset and given back. */
  void sendHeadOf(HttpClientRequest stream) {
    call.writeHead(stream, call.announcesGzip());
    stream.sendHead().onFailure(reset -> {});
  }

  /** Fails what waits to be written, or completes it if the server was content without. */
  void onClose(@Nullable StatusException failure) {
    Promise<Void> waiting = batch;
    batch = null;
    framer.take();
    if (waiting != null) {
      settle(waiting, failure);
    }
    Handler<Void> handler = drainHandler;
    if (handler != null && fullSeen) {
      // Whoever waits for room finds out by the next send that there is nothing to wait for.
      handler.handle(null);
    }
  }

  private void scheduleFlush() {
    call.connect();
    if (!flushScheduled && http != null) {
      flushScheduled = true;
      call.context().runOnContext(turn -> {
        flushScheduled = false;
        flush();
      });
    }
  }

  private void flush() {
    HttpClientRequest stream = http;
    if (stream == null) {
      call.connect();
      return;
    }
    Promise<Void> waiting = batch;
    if (waiting == null || endSent || call.isClosed()) {
      return;
    }
    batch = null;
    if (!headSent) {
      headSent = true;
      gzipAnnounced = call.announcesGzip();
      call.writeHead(stream, gzipAnnounced);
    }
    Future<Void> written;
    if (halfClosed) {
      endSent = true;
      written = framer.size() > 0 ? stream.end(framer.take()) : stream.end();
      written.onSuccess(done -> endWritten = true);
    } else {
      written = framer.size() > 0 ? stream.write(framer.take()) : stream.sendHead();
    }
    written.onComplete(done -> waiting.tryComplete(), failure -> call.settleWhenClosed(waiting));
  }

  static void settle(Promise<Void> waiting, @Nullable StatusException failure) {
    if (failure == null) {
      waiting.tryComplete();
    } else {
      waiting.tryFail(failure);
    }
  }

  private Future<Void> batch() {
    Promise<Void> current = batch;
    if (current == null) {
      current = Promise.promise();
      batch = current;
    }
    return current.future();
  }

  private void onDrain() {
    Handler<Void> handler = drainHandler;
    if (handler != null && fullSeen && !call.isClosed() && !isFull()) {
      fullSeen = false;
      handler.handle(null);
    }
  }

  /** Returns the failure of what is sent after the end of the call. */
  static StatusException afterEnd(@Nullable StatusException failure) {
    return failure != null
        ? failure
        : Status.CANCELLED.withDescription("the server has ended the call").asException();
  }
}
