package dev.grpcbackend.protocol;

import com.google.protobuf.Message;
import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.CallStream;
import dev.grpcbackend.call.Peer;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MetadataHeaders;
import io.netty.util.AsciiString;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One REST call on an exchange. The request is the whole body, read when the call wants it. A single
 * response leaves with the status; the messages of a stream are gathered for a turn of the event
 * loop, or up to {@value #FLUSH_BYTES} bytes, and written as one.
 */
final class RestStream<Req, Resp> implements CallStream<Resp>, Exchange.Receiver {

  private static final int FLUSH_BYTES = 16 * 1024;

  /** RFC 9113, section 7. */
  private static final long INTERNAL_ERROR = 2;

  private static final long CANCEL = 8;

  private static final HeaderBlock PLAIN_HEAD =
      HeaderBlock.of(GrpcHeaders.CONTENT_TYPE, RestResponse.JSON);

  private final Exchange exchange;
  private final RestBinding<Req, Resp> binding;
  private final RestRequest request;
  private final RestForm form;
  private final Json json;
  private final boolean headOnly;

  private @Nullable ActiveCall<Req, Resp> call;
  private boolean requestEnded;
  private boolean delivered;
  private boolean paused;
  private boolean headSet;
  private boolean closed;
  private int httpStatus;
  private @Nullable RestResponse response;
  private Buffer gathered = Buffer.buffer();
  private @Nullable Promise<Void> batch;

  RestStream(
      Exchange exchange,
      RestBinding<Req, Resp> binding,
      RestRequest request,
      RestForm form,
      Json json) {
    this.exchange = exchange;
    this.binding = binding;
    this.request = request;
    this.form = form;
    this.json = json;
    this.headOnly = exchange.method().equals("HEAD");
  }

  void start(ActiveCall<Req, Resp> call) {
    this.call = call;
    exchange.receiver(this);
    exchange.needsWholeBody();
    call.start();
    deliver();
  }

  // From the exchange.

  @Override
  public void onData(Buffer data) {
    ActiveCall<Req, Resp> target = call;
    if (closed || target == null || data.length() == 0) {
      return;
    }
    if (!binding.body().exists()) {
      target.fail(RestRequest.unexpectedBody());
    } else if (request.isTooLarge(data)) {
      httpStatus = 413;
      target.fail(request.tooLarge());
    } else {
      request.add(data);
      exchange.keeps(request.size());
    }
  }

  @Override
  public void onEnd() {
    requestEnded = true;
    deliver();
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
    return RestProtocol.NAME;
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
    return MetadataHeaders.read(exchange.headers());
  }

  @Override
  public boolean messageCompressed() {
    return false;
  }

  @Override
  public void pull() {
    deliver();
  }

  @Override
  public Future<Void> sendHeaders(Metadata headers) {
    if (!binding.isStreaming() || !form.canFail()) {
      // The status, or the type of the content, is not known yet.
      return Future.succeededFuture();
    }
    setHead(headers, RestResponse.JSON);
    return headOnly ? Future.succeededFuture() : exchange.sendHead();
  }

  @Override
  public Future<Void> send(Resp message, boolean compress, Metadata headers) {
    RestResponse part;
    try {
      if (!(message instanceof Message protobuf)) {
        throw JsonException.of("bytes of the method's own encoder have no JSON form");
      }
      part = RestResponse.of(protobuf, binding.responseField(), json);
    } catch (JsonException noForm) {
      return Future.failedFuture(
          Status.INTERNAL.withDescription(noForm.getMessage()).asException());
    }
    if (call != null) {
      call.observed().sent(part.body().length(), part.body().length());
    }
    if (!binding.isStreaming()) {
      response = part;
      return Future.succeededFuture();
    }
    setHead(headers, part.contentType());
    if (headOnly) {
      return Future.succeededFuture();
    }
    form.message(part.body(), gathered);
    if (gathered.length() >= FLUSH_BYTES) {
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
    if (!status.isOk() && !headSet) {
      int http = httpStatus > 0 ? httpStatus : HttpStatus.of(status.code());
      RestError.close(exchange, http, status, json, headers, trailers);
    } else if (!binding.isStreaming()) {
      succeed(headers, trailers);
    } else if (status.isOk() || form.canFail()) {
      setHead(headers, RestResponse.JSON);
      endOfStream(status, trailers);
    } else {
      // Content cannot say that it is cut short; HTTP can.
      exchange.reset(INTERNAL_ERROR);
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

  private void succeed(Metadata headers, Metadata trailers) {
    RestResponse body = response;
    if (body == null) {
      throw new IllegalStateException("OK without a message");
    }
    if (headers.isEmpty() && trailers.isEmpty() && body.contentType().equals(RestResponse.JSON)) {
      exchange.head(200, PLAIN_HEAD);
    } else {
      HeaderBlock.Builder head = headBuilder(headers, body.contentType());
      RestResponse.writeTrailers(trailers, head);
      exchange.head(200, head.build());
    }
    exchange.end(headOnly ? null : body.body(), null);
  }

  private void endOfStream(Status status, Metadata trailers) {
    Promise<Void> waiting = batch;
    batch = null;
    if (status.isOk()) {
      form.end(gathered);
    } else {
      form.error(RestError.text(status, trailers, json), gathered);
    }
    exchange.end(headOnly || gathered.length() == 0 ? null : gathered, null);
    if (waiting != null) {
      waiting.complete();
    }
  }

  private void deliver() {
    ActiveCall<Req, Resp> target = call;
    if (target == null || delivered || closed) {
      return;
    }
    boolean wanted = target.wantsMessage();
    if (wanted && requestEnded) {
      delivered = true;
      hand(target);
    } else if (wanted == paused) {
      paused = !wanted;
      if (paused) {
        exchange.pause();
      } else {
        exchange.resume();
      }
    }
  }

  @SuppressWarnings("unchecked") // the builder of a message builds messages of its class
  private void hand(ActiveCall<Req, Resp> target) {
    Req message;
    try {
      message = (Req) request.message();
    } catch (StatusException malformed) {
      target.fail(malformed);
      return;
    }
    target.observed().received(request.size(), request.size());
    target.onMessage(message);
    target.onHalfClose();
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
    Buffer full = gathered;
    gathered = Buffer.buffer();
    Future<Void> written = exchange.write(full);
    if (waiting != null) {
      written.onComplete(waiting);
    }
    return written;
  }

  private void setHead(Metadata headers, AsciiString contentType) {
    if (!headSet) {
      headSet = true;
      exchange.head(200, headBuilder(headers, form.contentType(contentType)).build());
    }
  }

  private static HeaderBlock.Builder headBuilder(Metadata headers, CharSequence contentType) {
    HeaderBlock.Builder head = new HeaderBlock.Builder().add(GrpcHeaders.CONTENT_TYPE, contentType);
    MetadataHeaders.write(headers, head::add);
    return head;
  }
}
