package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.CallStream;
import dev.grpcbackend.call.Peer;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.wire.MessageBody;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One unary call of Connect on an exchange. Its request is the whole body, or the query of a GET;
 * the body is read when the call wants it. Headers and message leave together with the status,
 * because the trailers stand among the headers.
 */
final class ConnectUnaryStream<Req, Resp> implements CallStream<Resp>, Exchange.Receiver {

  private final Exchange exchange;
  private final Method<Req, Resp> method;
  private final ConnectUnary form;
  private final MessageBody request;
  private final boolean gzip;
  private final boolean acceptsGzip;
  private final boolean inQuery;

  private @Nullable ActiveCall<Req, Resp> call;
  private boolean requestEnded;
  private boolean delivered;
  private boolean paused;
  private boolean closed;
  private @Nullable Buffer response;
  private boolean responseGzip;
  private int httpStatus;

  /**
   * Creates the stream of one call.
   *
   * @param head what the caller says of compression
   * @param request where its message is gathered, still empty
   * @param query the message if the request is a GET, else null
   */
  ConnectUnaryStream(
      Exchange exchange,
      Method<Req, Resp> method,
      ConnectUnary form,
      ConnectHead head,
      MessageBody request,
      @Nullable Buffer query) {
    this.exchange = exchange;
    this.method = method;
    this.form = form;
    this.request = request;
    this.gzip = head.gzip();
    this.acceptsGzip = head.acceptsGzip() && form.compressionMinBytes() != Integer.MAX_VALUE;
    this.inQuery = query != null;
    if (query != null) {
      request.add(query);
    }
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
    if (inQuery) {
      httpStatus = 415;
      target.fail(ConnectProtocol.BODY_OF_GET);
      return;
    }
    try {
      request.add(data);
      exchange.keeps(request.size());
    } catch (StatusException tooLarge) {
      target.fail(tooLarge);
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
    return ConnectProtocol.NAME;
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
    return ConnectMetadata.read(exchange.headers());
  }

  @Override
  public boolean messageCompressed() {
    return gzip;
  }

  @Override
  public void pull() {
    deliver();
  }

  @Override
  public Future<Void> sendHeaders(Metadata headers) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> send(Resp message, boolean compress, Metadata headers) {
    int length = method.response().size(message);
    responseGzip = compress && acceptsGzip && length >= form.compressionMinBytes();
    try {
      Buffer body = MessageBody.of(method.response(), message, responseGzip);
      response = body;
      if (call != null) {
        call.observed().sent(body.length(), length);
      }
    } catch (StatusException failure) {
      return Future.failedFuture(failure);
    }
    return Future.succeededFuture();
  }

  @Override
  public boolean writeQueueFull() {
    return false;
  }

  @Override
  public void close(Status status, Metadata headers, Metadata trailers) {
    closed = true;
    Buffer message = response;
    if (status.isOk() && message != null) {
      form.succeed(exchange, message, responseGzip, inQuery, headers, trailers);
    } else {
      int http = httpStatus > 0 ? httpStatus : HttpStatus.of(status.code());
      form.fail(exchange, http, status, headers, trailers);
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

  private void hand(ActiveCall<Req, Resp> target) {
    int wireBytes = request.size();
    Req message;
    try {
      message = request.decode(method.request(), gzip);
    } catch (StatusException malformed) {
      target.fail(malformed);
      return;
    }
    exchange.keeps(request.size());
    target.observed().received(wireBytes, request.size());
    target.onMessage(message);
    target.onHalfClose();
  }
}
