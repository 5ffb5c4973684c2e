package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Timer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.CodecException;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.common.WireFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A call as Vert.x's {@code GrpcClientRequest}. The call is made when it is first used, because only
 * then its method is known. Asking for the response sends the headers at the end of the turn, so a
 * server may speak first. Used on the context on which it was made.
 */
final class StubRequest<Req, Resp> implements GrpcClientRequest<Req, Resp> {

  private final Channel channel;
  private final LoadBalancer balancer;
  private final StubMethod<Req, Resp> stub;
  private final Deadline start;
  private String service;
  private String method;
  private long timeoutNanos;
  private long idleTimeoutMillis;
  private boolean gzip;
  private @Nullable MultiMap headers;
  private @Nullable HttpCall<Object, Object> call;
  private @Nullable Future<GrpcClientResponse<Req, Resp>> response;
  private @Nullable Handler<Throwable> exceptionHandler;
  private @Nullable Handler<Void> drainHandler;

  StubRequest(
      Channel channel,
      LoadBalancer balancer,
      StubMethod<Req, Resp> stub,
      String service,
      String method) {
    this.channel = channel;
    this.balancer = balancer;
    this.stub = stub;
    this.service = service;
    this.method = method;
    this.start = Deadline.after(Duration.ZERO);
  }

  private HttpCall<Object, Object> call() {
    HttpCall<Object, Object> made = call;
    if (made == null) {
      made = channel.call(balancer, stub.method(service, method));
      call = made;
      gzip |= channel.callOptions().compression();
      made.compression(gzip);
      if (timeoutNanos > 0) {
        made.limit(Deadline.afterNanos(timeoutNanos + start.remainingNanos(), System::nanoTime));
      }
      if (idleTimeoutMillis > 0) {
        made.idleTimeout(idleTimeoutMillis);
      }
      made.drainHandler(room -> {
        if (drainHandler != null) {
          drainHandler.handle(null);
        }
      });
      made.trailers().onFailure(failure -> {
        if (exceptionHandler != null) {
          exceptionHandler.handle(failure);
        }
      });
    }
    return made;
  }

  /** Returns the call with the headers that its user has set by now. */
  private HttpCall<Object, Object> callWithHeaders() {
    HttpCall<Object, Object> made = call();
    MultiMap added = headers;
    if (added != null) {
      headers = null;
      Metadata metadata = made.requestHeaders();
      for (Map.Entry<String, String> header : added) {
        metadata.add(header.getKey(), header.getValue());
      }
    }
    return made;
  }

  @Override
  public Future<GrpcClientResponse<Req, Resp>> response() {
    Future<GrpcClientResponse<Req, Resp>> known = response;
    if (known == null) {
      HttpCall<Object, Object> made = call();
      known = made.headers().map(received -> new StubResponse<Req, Resp>(made, stub, received));
      response = known;
      made.context().runOnContext(turn -> sendHeaders());
    }
    return known;
  }

  private void sendHeaders() {
    try {
      callWithHeaders().sendHeaders();
    } catch (IllegalArgumentException badHeader) {
      call().cancel("request headers: " + badHeader.getMessage());
    }
  }

  @Override
  public Future<Void> write(Req message) {
    try {
      return callWithHeaders().send(stub.encoded(message));
    } catch (CodecException | IllegalArgumentException failure) {
      return refused(failure);
    }
  }

  @Override
  public Future<Void> end(Req message) {
    Future<Void> written = write(message);
    return written.failed() ? written : call().halfClose();
  }

  @Override
  public Future<Void> end() {
    try {
      return callWithHeaders().halfClose();
    } catch (IllegalArgumentException badHeader) {
      return refused(badHeader);
    }
  }

  /** Sends a message that is encoded already, compressed or not as it says. */
  @Override
  public Future<Void> writeMessage(GrpcMessage message) {
    try {
      boolean compress = !message.encoding().equals("identity");
      // The framer compresses itself, so that the flag of a message is always true.
      Object payload = compress ? inflated(message.payload()) : message.payload();
      HttpCall<Object, Object> made = callWithHeaders();
      made.compression(compress);
      Future<Void> written = made.send(payload);
      made.compression(gzip);
      return written;
    } catch (IllegalArgumentException | UncheckedIOException failure) {
      return refused(failure);
    }
  }

  private static Buffer inflated(Buffer payload) {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(payload.getBytes()))) {
      return Buffer.buffer(in.readAllBytes());
    } catch (IOException notGzip) {
      throw new UncheckedIOException(notGzip);
    }
  }

  @Override
  public Future<Void> endMessage(GrpcMessage message) {
    Future<Void> written = writeMessage(message);
    return written.failed() ? written : call().halfClose();
  }

  @Override
  public void cancel() {
    call().cancel();
  }

  @Override
  public MultiMap headers() {
    MultiMap current = headers;
    if (current == null) {
      current = MultiMap.caseInsensitiveMultiMap();
      headers = current;
    }
    return current;
  }

  @Override
  public GrpcClientRequest<Req, Resp> encoding(String encoding) {
    checkUnsent();
    if (!encoding.equals("gzip") && !encoding.equals("identity")) {
      throw new IllegalArgumentException("encoding: " + encoding + " (expected: identity or gzip)");
    }
    gzip = encoding.equals("gzip");
    return this;
  }

  /** Accepts protobuf only: this client speaks no other format. */
  @Override
  public GrpcClientRequest<Req, Resp> format(WireFormat format) {
    if (format != WireFormat.PROTOBUF) {
      throw new UnsupportedOperationException(
          "wire format: " + format + " (expected: " + WireFormat.PROTOBUF + ")");
    }
    return this;
  }

  @Override
  public GrpcClientRequest<Req, Resp> fullMethodName(String fullMethodName) {
    int slash = fullMethodName.lastIndexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException(
          "method: " + fullMethodName + " (expected: package.Service/Method)");
    }
    checkUnsent();
    service = fullMethodName.substring(0, slash);
    method = fullMethodName.substring(slash + 1);
    return this;
  }

  @Override
  public GrpcClientRequest<Req, Resp> serviceName(ServiceName serviceName) {
    checkUnsent();
    service = serviceName.fullyQualifiedName();
    return this;
  }

  @Override
  public GrpcClientRequest<Req, Resp> methodName(String methodName) {
    checkUnsent();
    method = methodName;
    return this;
  }

  /** Sets the deadline, counted from when this request was made; 0 leaves the channel's in place. */
  @Override
  public GrpcClientRequest<Req, Resp> timeout(long timeout, TimeUnit unit) {
    checkUnsent();
    if (timeout < 0) {
      throw new IllegalArgumentException("timeout: " + timeout + " (expected: >= 0)");
    }
    timeoutNanos = unit.toNanos(timeout);
    return this;
  }

  /** Returns null, as Vert.x does without a timer of its own: the call watches its deadline. */
  @Override
  public @Nullable Timer deadline() {
    return null;
  }

  @Override
  public GrpcClientRequest<Req, Resp> idleTimeout(long timeout) {
    checkUnsent();
    idleTimeoutMillis = timeout;
    return this;
  }

  /** Returns the connection; there is none before the headers were sent. */
  @Override
  public HttpConnection connection() {
    HttpConnection connection = call().connection();
    if (connection == null) {
      throw new IllegalStateException("the request has no connection before its headers are sent");
    }
    return connection;
  }

  @Override
  public GrpcClientRequest<Req, Resp> exceptionHandler(@Nullable Handler<Throwable> handler) {
    exceptionHandler = handler;
    return this;
  }

  @Override
  public GrpcClientRequest<Req, Resp> setWriteQueueMaxSize(int maxSize) {
    return this;
  }

  @Override
  public boolean writeQueueFull() {
    return call != null && call.writeQueueFull();
  }

  @Override
  public GrpcClientRequest<Req, Resp> drainHandler(@Nullable Handler<Void> handler) {
    drainHandler = handler;
    return this;
  }

  private Future<Void> refused(RuntimeException failure) {
    StatusException status = Status.INTERNAL
        .withDescription("request cannot be encoded: " + failure.getMessage())
        .asException();
    call().cancel("a request could not be encoded");
    return Future.failedFuture(status);
  }

  private void checkUnsent() {
    if (call != null) {
      throw new IllegalStateException("the request has been sent");
    }
  }
}
