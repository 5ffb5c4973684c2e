package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.CallStream;
import dev.grpcbackend.call.Peer;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.Base64Text;
import dev.grpcbackend.wire.MessageDeframer;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One call whose messages are framed, on an exchange. Decodes a message only when the call wants
 * one, and pauses the exchange otherwise; gathers the messages of a turn and writes them as one, at
 * the end of the turn or from {@value #FLUSH_BYTES} bytes on.
 */
final class FramedStream<Req, Resp> implements CallStream<Resp>, Exchange.Receiver {

  /** The largest DATA frame a peer takes unless it says otherwise (RFC 9113, section 4.2). */
  private static final int FLUSH_BYTES = 16 * 1024;

  /** RFC 9113, section 7. */
  private static final long CANCEL = 8;

  /** What a handler hears of a failed write, whatever the transport says of it. */
  private static final Future<Void> LOST = Future.failedFuture(
      Status.CANCELLED.withDescription("the connection was lost").asException());

  private final Exchange exchange;
  private final Method<Req, Resp> method;
  private final Framing framing;
  private final MessageDeframer deframer;
  private final MessageFramer framer = new MessageFramer();
  private final @Nullable Base64Text text;
  private final boolean acceptsGzip;

  private @Nullable ActiveCall<Req, Resp> call;
  private boolean requestEnded;
  private boolean paused;
  private int kept;
  private int handed;
  private boolean draining;
  private boolean headSet;
  private boolean closed;
  private @Nullable Promise<Void> batch;

  /**
   * Creates the stream of one call.
   *
   * @param deframer what finds its messages
   * @param acceptsGzip whether the caller accepts compressed messages
   */
  FramedStream(
      Exchange exchange,
      Method<Req, Resp> method,
      Framing framing,
      MessageDeframer deframer,
      boolean acceptsGzip) {
    this.exchange = exchange;
    this.method = method;
    this.framing = framing;
    this.deframer = deframer;
    this.text = framing.readsText() ? new Base64Text() : null;
    this.acceptsGzip = acceptsGzip && framing.compressionMinBytes() != Integer.MAX_VALUE;
  }

  void start(ActiveCall<Req, Resp> call) {
    this.call = call;
    exchange.receiver(this);
    if (method.type().hasSingleRequest()) {
      exchange.needsWholeBody();
    }
    call.start();
  }

  // From the exchange.

  @Override
  public void onData(Buffer data) {
    if (closed) {
      return;
    }
    if (text == null) {
      deframer.add(data);
    } else if (!addText(text, data)) {
      return;
    }
    drain();
    deframer.keep();
  }

  @Override
  public void onEnd() {
    requestEnded = true;
    drain();
  }

  @Override
  public void onCancelled(String reason) {
    closed = true;
    if (call != null) {
      call.onCancelled(reason);
    }
  }

  @Override
  public void onWritable() {
    if (call != null) {
      call.onReady();
    }
  }

  // From the call.

  @Override
  public Context context() {
    return exchange.context();
  }

  @Override
  public String protocol() {
    return framing.protocol();
  }

  @Override
  public @Nullable String header(CharSequence name) {
    return exchange.header(name);
  }

  @Override
  public Peer peer() {
    return exchange.connection();
  }

  @Override
  public Metadata headers() {
    return framing.metadata(exchange.headers());
  }

  @Override
  public boolean messageCompressed() {
    return deframer.wasCompressed();
  }

  @Override
  public void pull() {
    drain();
  }

  @Override
  public Future<Void> sendHeaders(Metadata headers) {
    setHead(headers, acceptsGzip);
    return exchange.sendHead();
  }

  @Override
  public Future<Void> send(Resp message, boolean compress, Metadata headers) {
    int length = method.response().size(message);
    boolean gzip = compress && acceptsGzip && length >= framing.compressionMinBytes();
    if (framer.size() > 0
        && framer.size() + MessageFramer.PREFIX_BYTES + (long) length > FLUSH_BYTES) {
      // Together they would need a second frame for a few bytes.
      flush();
    }
    int before = framer.size();
    try {
      framer.append(method.response(), message, gzip);
    } catch (StatusException failure) {
      return Future.failedFuture(failure);
    }
    if (call != null) {
      call.observed().sent(framer.size() - before - MessageFramer.PREFIX_BYTES, length);
    }
    if (method.type().hasSingleResponse()) {
      // It leaves with the status, which follows.
      setHead(headers, gzip);
      return Future.succeededFuture();
    }
    setHead(headers, acceptsGzip);
    if (framer.size() >= FLUSH_BYTES) {
      return flush();
    }
    if (batch == null) {
      batch = Promise.promise();
      exchange.context().runOnContext(turnEnded -> flushBatch());
    }
    return batch.future();
  }

  @Override
  public boolean writeQueueFull() {
    return exchange.writeQueueFull();
  }

  @Override
  public void close(Status status, Metadata headers, Metadata trailers) {
    closed = true;
    if (!headSet && !status.isOk()) {
      HeaderBlock only = framing.headOnly(status, headers, trailers);
      if (only != null) {
        exchange.head(200, only);
        exchange.end(null, null);
        return;
      }
    }
    setHead(headers, false);
    Promise<Void> waiting = batch;
    batch = null;
    HeaderBlock after = framing.end(status, trailers, framer);
    exchange.end(framer.size() > 0 ? framing.encoded(framer.take()) : null, after);
    if (waiting != null) {
      waiting.complete();
    }
  }

  @Override
  public void cutShort(Status status, Metadata headers, Metadata trailers) {
    if (exchange.writeQueueFull()) {
      closed = true;
      exchange.reset(CANCEL);
    } else {
      close(status, headers, trailers);
    }
  }

  private boolean addText(Base64Text decoder, Buffer data) {
    try {
      deframer.add(decoder.decode(data));
      return true;
    } catch (StatusException malformed) {
      if (call != null) {
        call.fail(malformed);
      }
      return false;
    }
  }

  private void drain() {
    ActiveCall<Req, Resp> target = call;
    if (draining || target == null) {
      return;
    }
    // A handler may ask for more from within onMessage; the loop that is running sees it.
    draining = true;
    try {
      while (target.wantsMessage()) {
        Req message = deframer.next(method.request());
        if (message != null) {
          if (method.type().hasSingleRequest()) {
            handed += deframer.lastLength();
          }
          target.observed().received(deframer.lastWireLength(), deframer.lastLength());
          target.onMessage(message);
        } else {
          if (requestEnded) {
            endOfRequest(target);
          }
          break;
        }
      }
    } catch (StatusException malformed) {
      target.fail(malformed);
    } finally {
      draining = false;
    }
    keep();
    boolean wanted = target.wantsMessage() || closed;
    if (wanted == paused) {
      paused = !wanted;
      if (paused) {
        exchange.pause();
      } else {
        exchange.resume();
      }
    }
  }

  /** A single request is the call's until its end; one of many is gone when it has been handed on. */
  private void keep() {
    int keeps = deframer.bufferedBytes() + handed;
    if (keeps != kept && !closed) {
      kept = keeps;
      exchange.keeps(keeps);
    }
  }

  private void endOfRequest(ActiveCall<Req, Resp> target) {
    if (deframer.isMidMessage() || (text != null && text.isMidGroup())) {
      target.fail(framing.endsWithinMessage());
    } else {
      target.onHalfClose();
    }
  }

  private void flushBatch() {
    Promise<Void> waiting = batch;
    if (waiting != null) {
      batch = null;
      flush().onComplete(waiting);
    }
  }

  private Future<Void> flush() {
    Promise<Void> waiting = batch;
    batch = null;
    Future<Void> written = exchange.write(framing.encoded(framer.take())).recover(failure -> LOST);
    if (waiting != null) {
      written.onComplete(waiting);
    }
    return written;
  }

  private void setHead(Metadata headers, boolean gzip) {
    if (headSet) {
      return;
    }
    headSet = true;
    exchange.head(200, framing.head(headers, gzip));
  }
}
