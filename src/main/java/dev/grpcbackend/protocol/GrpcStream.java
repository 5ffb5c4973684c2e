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
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MessageDeframer;
import dev.grpcbackend.wire.MessageFramer;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.StatusHeaders;
import io.netty.util.AsciiString;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call on an exchange. Decodes a message only when the call wants one, and pauses the
 * exchange otherwise; gathers the messages of a turn and writes them as one, at the end of the turn
 * or from {@value #FLUSH_BYTES} bytes on.
 */
final class GrpcStream<Req, Resp> implements CallStream<Resp>, Exchange.Receiver {

  /** The largest DATA frame a peer takes unless it says otherwise (RFC 9113, section 4.2). */
  private static final int FLUSH_BYTES = 16 * 1024;

  /** RFC 9113, section 7. */
  private static final long CANCEL = 8;

  private static final HeaderBlock PLAIN_HEAD =
      headBuilder(GrpcHeaders.APPLICATION_GRPC, Metadata.EMPTY, false).build().lasting();
  private static final HeaderBlock OK_TRAILERS =
      HeaderBlock.of(GrpcHeaders.GRPC_STATUS, "0").lasting();

  private final Exchange exchange;
  private final Method<Req, Resp> method;
  private final MessageDeframer deframer;
  private final MessageFramer framer = new MessageFramer();
  private final AsciiString contentType;
  private final boolean isPlain;
  private final boolean acceptsGzip;
  private final int compressionMinBytes;

  private @Nullable ActiveCall<Req, Resp> call;
  private boolean requestEnded;
  private boolean paused;
  private boolean draining;
  private boolean headSet;
  private boolean closed;
  private @Nullable Promise<Void> batch;

  GrpcStream(Exchange exchange, Method<Req, Resp> method, RequestHead head, CallLimits limits) {
    this.exchange = exchange;
    this.method = method;
    this.deframer = new MessageDeframer(limits.maxInboundMessageBytes(), head.gzip());
    this.contentType = head.contentType();
    this.isPlain = contentType.equals(GrpcHeaders.APPLICATION_GRPC);
    this.acceptsGzip = head.acceptsGzip() && limits.compressionMinBytes() != Integer.MAX_VALUE;
    this.compressionMinBytes = limits.compressionMinBytes();
  }

  void start(ActiveCall<Req, Resp> call) {
    this.call = call;
    exchange.receiver(this);
    call.start();
  }

  // From the exchange.

  @Override
  public void onData(Buffer data) {
    if (!closed) {
      deframer.add(data);
      drain();
    }
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
  public Peer peer() {
    return exchange.connection();
  }

  @Override
  public Metadata headers() {
    return MetadataHeaders.read(exchange.headers());
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
    boolean gzip = compress && acceptsGzip && length >= compressionMinBytes;
    if (framer.size() > 0
        && framer.size() + MessageFramer.PREFIX_BYTES + (long) length > FLUSH_BYTES) {
      // Together they would need a second frame for a few bytes.
      flush();
    }
    try {
      framer.append(method.response(), message, gzip);
    } catch (StatusException failure) {
      return Future.failedFuture(failure);
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
      // Trailers-Only: status and trailers in the head.
      HeaderBlock.Builder only = headBuilder(contentType, headers, false);
      StatusHeaders.write(status, trailers, only::add);
      exchange.head(200, only.build());
      exchange.end(null, null);
      return;
    }
    setHead(headers, false);
    Promise<Void> waiting = batch;
    batch = null;
    Buffer rest = framer.size() > 0 ? framer.take() : null;
    exchange.end(rest, trailerBlock(status, trailers));
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

  private void endOfRequest(ActiveCall<Req, Resp> target) {
    if (deframer.isMidMessage()) {
      target.fail(Status.INTERNAL.withDescription("the request ends within a message"));
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
    Future<Void> written = exchange.write(framer.take());
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
    exchange.head(
        200,
        isPlain && headers.isEmpty() && !gzip
            ? PLAIN_HEAD
            : headBuilder(contentType, headers, gzip).build());
  }

  private static HeaderBlock.Builder headBuilder(
      AsciiString contentType, Metadata headers, boolean gzip) {
    HeaderBlock.Builder head = new HeaderBlock.Builder()
        .add(GrpcHeaders.CONTENT_TYPE, contentType)
        .add(GrpcHeaders.GRPC_ACCEPT_ENCODING, GrpcHeaders.GZIP);
    if (gzip) {
      head.add(GrpcHeaders.GRPC_ENCODING, GrpcHeaders.GZIP);
    }
    if (!headers.isEmpty()) {
      MetadataHeaders.write(headers, head::add);
    }
    return head;
  }

  private static HeaderBlock trailerBlock(Status status, Metadata trailers) {
    if (status.isOk() && trailers.isEmpty() && status.description().isEmpty()) {
      return OK_TRAILERS;
    }
    HeaderBlock.Builder block = new HeaderBlock.Builder();
    StatusHeaders.write(status, trailers, block::add);
    return block.build();
  }
}
