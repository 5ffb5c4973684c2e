package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a call: gathers the messages of one turn of the event loop, and those that are
 * sent before there is a stream, into one write; keeps what was written until the call is committed
 * to an attempt. Used on the call's context only.
 */
final class RequestWriter<Req> {

  /** At this size what is gathered leaves at once; it is the size of a default HTTP/2 frame. */
  private static final int FLUSH_BYTES = 16 * 1024;

  /**
   * What leaves in one write.
   *
   * @param bytes empty for headers, or for an end, alone
   * @param written completes when an attempt has handed it to the transport
   */
  record Chunk(Buffer bytes, boolean isLast, Promise<Void> written) {}

  private final HttpCall<Req, ?> call;
  private final Method<Req, ?> method;
  private final int maxMessageBytes;
  private final MessageFramer framer = new MessageFramer();

  /** Completes with the write of what is gathered now. */
  private @Nullable Promise<Void> batch;

  /** The chunks from number {@link #dropped} on: the first of them, and those after it. */
  private @Nullable Chunk first;

  private @Nullable List<Chunk> rest;
  private int dropped;
  private int count;
  private int keptBytes;
  private @Nullable Attempt<Req, ?> committed;

  private boolean begun;
  private boolean flushScheduled;
  private boolean gzipDecided;
  private boolean gzip;
  private boolean halfClosed;
  private boolean fullSeen;
  private @Nullable Handler<Void> drainHandler;

  RequestWriter(HttpCall<Req, ?> call, Method<Req, ?> method, int maxMessageBytes) {
    this.call = call;
    this.method = method;
    this.maxMessageBytes = maxMessageBytes;
  }

  Future<Void> sendHeaders() {
    if (count > 0) {
      return Future.succeededFuture();
    }
    Future<Void> written = batch();
    scheduleFlush();
    return written;
  }

  Future<Void> send(Req message) {
    Future<Void> refused = append(message);
    if (refused != null) {
      return refused;
    }
    Future<Void> written = batch();
    if (framer.size() >= FLUSH_BYTES) {
      flush();
    } else {
      scheduleFlush();
    }
    return written;
  }

  Future<Void> sendLast(Req message) {
    Future<Void> refused = append(message);
    return refused == null ? halfClose() : refused;
  }

  /** Returns the failure if the message cannot be sent, else null. */
  private @Nullable Future<Void> append(Req message) {
    if (halfClosed) {
      return Future.failedFuture(new IllegalStateException(
          "message sent after the end of " + method.fullName() + " requests"));
    }
    if (maxMessageBytes < Integer.MAX_VALUE) {
      int bytes = method.request().size(message);
      if (bytes > maxMessageBytes) {
        return Future.failedFuture(Status.RESOURCE_EXHAUSTED
            .withDescription("request message of " + bytes + " bytes exceeds the limit of "
                + maxMessageBytes + " bytes (maxRequestMessageBytes)")
            .asException());
      }
    }
    try {
      framer.append(method.request(), message, call.compresses() && announcesGzip());
      return null;
    } catch (StatusException unencodable) {
      return Future.failedFuture(unencodable);
    }
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
    return gzipDecided ? gzip : call.announcesGzip();
  }

  /** Returns whether headers are to say that messages are compressed; the same for all attempts. */
  boolean announceGzip() {
    gzip = announcesGzip();
    gzipDecided = true;
    return gzip;
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      call.context().runOnContext(turn -> {
        flushScheduled = false;
        flush();
      });
    }
  }

  /** Makes what is gathered a chunk and has it written, if there is a stream. */
  void flush() {
    Promise<Void> waiting = batch;
    if (waiting == null || call.isClosed()) {
      return;
    }
    if (!call.attempts().hasStream()) {
      if (!begun) {
        begun = true;
        call.begin();
      }
      return;
    }
    batch = null;
    keep(new Chunk(framer.take(), halfClosed, waiting));
    call.attempts().pump();
    dropWritten();
  }

  // What attempts write ------------------------------------------------------------------------

  /** Returns how many chunks there have been. */
  int count() {
    return count;
  }

  /** Returns a chunk that has not been dropped. */
  Chunk chunk(int number) {
    Chunk chunk = number == dropped ? first : null;
    List<Chunk> others = rest;
    if (chunk == null && others != null) {
      chunk = others.get(number - dropped - 1);
    }
    if (chunk == null) {
      throw new IllegalStateException("chunk " + number + " (expected: " + dropped + " or later)");
    }
    return chunk;
  }

  private void keep(Chunk chunk) {
    if (count == dropped) {
      first = chunk;
    } else {
      List<Chunk> others = rest;
      if (others == null) {
        others = new ArrayList<>();
        rest = others;
      }
      others.add(chunk);
    }
    count++;
    keptBytes += chunk.bytes.length();
    if (committed == null && keptBytes > call.source().options().limits().maxRetryBytes()) {
      call.attempts().commitToLatest();
    }
  }

  /** From now on only this attempt goes on: what it has written need not be kept. */
  void onCommit(Attempt<Req, ?> attempt) {
    committed = attempt;
    dropWritten();
  }

  private void dropWritten() {
    if (committed != null && committed.isDrained()) {
      first = null;
      rest = null;
      dropped = count;
      keptBytes = 0;
    }
  }

  // Back-pressure ------------------------------------------------------------------------------

  boolean isFull() {
    boolean full =
        call.attempts().hasStream() ? call.attempts().isFull() : framer.size() >= FLUSH_BYTES;
    fullSeen |= full;
    return full;
  }

  void drainHandler(@Nullable Handler<Void> handler) {
    this.drainHandler = handler;
  }

  void onDrain() {
    Handler<Void> handler = drainHandler;
    if (handler != null && fullSeen && !call.isClosed() && !isFull()) {
      fullSeen = false;
      handler.handle(null);
    }
  }

  // The end ------------------------------------------------------------------------------------

  /** Fails what waits to be written, or completes it if the server was content without. */
  void onClose(@Nullable StatusException failure) {
    Promise<Void> waiting = batch;
    batch = null;
    framer.take();
    if (waiting != null) {
      settle(waiting, failure);
    }
    for (int i = dropped; i < count; i++) {
      settle(chunk(i).written(), failure);
    }
    first = null;
    rest = null;
    dropped = count;
    Handler<Void> handler = drainHandler;
    if (handler != null && fullSeen) {
      // Whoever waits for room finds out by the next send that there is nothing to wait for.
      handler.handle(null);
    }
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

  /** Returns the failure of what is sent after the end of the call. */
  static StatusException afterEnd(@Nullable StatusException failure) {
    return failure != null
        ? failure
        : Status.CANCELLED.withDescription("the server has ended the call").asException();
  }
}
