package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.StatusHeaders;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * gRPC over HTTP/2 (PROTOCOL-HTTP2). Checks the head of a request in the order of its cost and
 * starts the call; every refusal carries a gRPC status, except that of a wrong verb or version.
 */
public final class GrpcProtocol implements Protocol {

  private static final int MAX_PATH_LENGTH = 4096;
  private static final int MAX_ECHO_LENGTH = 200;
  private static final long PROTOCOL_ERROR = 1;
  private static final HeaderBlock ALLOW_POST = HeaderBlock.of("allow", "POST");
  private static final HeaderBlock CLOSE = HeaderBlock.of("connection", "close");

  private final MethodTable methods;
  private final Json json;
  private final CallLimits limits;
  private final ActiveCalls calls;
  private final long defaultDeadlineNanos;
  private final long maxDeadlineNanos;

  public GrpcProtocol(MethodTable methods, CallLimits limits, ActiveCalls calls) {
    this.methods = methods;
    this.json = new Json(methods);
    this.limits = limits;
    this.calls = calls;
    this.defaultDeadlineNanos = Deadline.saturatedNanos(limits.defaultDeadline());
    this.maxDeadlineNanos = Deadline.saturatedNanos(limits.maxDeadline());
  }

  @Override
  public String name() {
    return "grpc";
  }

  @Override
  public Set<String> mediaTypes() {
    return Set.of("application/grpc", "application/grpc+proto", "application/grpc+json");
  }

  @Override
  public boolean accept(Exchange exchange) {
    if (!exchange.isHttp2()) {
      // The usual cause is a TLS client without ALPN; it has to hear what was expected.
      exchange.head(505, CLOSE);
      exchange.end(null, null);
      return true;
    }
    if (!exchange.method().equals("POST")) {
      exchange.head(405, ALLOW_POST);
      exchange.end(null, null);
      return true;
    }
    RequestHead head = RequestHead.read(exchange.headers());
    if (head.isMalformed()) {
      exchange.reset(PROTOCOL_ERROR);
      return true;
    }
    if (head.hasManyHosts()) {
      refuse(exchange, 400, Status.INTERNAL.withDescription("more than one host (expected: one)"));
      return true;
    }
    if (head.metadataBytes() > limits.maxMetadataBytes()) {
      refuse(
          exchange,
          431,
          Status.RESOURCE_EXHAUSTED.withDescription("metadata of " + head.metadataBytes()
              + " bytes exceeds the limit of " + limits.maxMetadataBytes() + " bytes"));
      return true;
    }
    String path = exchange.target();
    BoundMethod<?, ?> bound = methods.find(path);
    if (bound == null) {
      refuseUnknown(exchange, path);
      return true;
    }
    Status refusal = head.refusal();
    if (refusal != null) {
      refuse(exchange, 200, refusal);
      return true;
    }
    start(exchange, head, bound);
    return true;
  }

  private <Req, Resp> void start(
      Exchange exchange, RequestHead head, BoundMethod<Req, Resp> bound) {
    Deadline deadline = deadline(bound.method(), head.timeoutNanos());
    if (deadline.isExpired()) {
      refuse(
          exchange,
          200,
          Status.DEADLINE_EXCEEDED.withDescription("the deadline had passed on arrival"));
      return;
    }
    @Nullable Method<Req, Resp> method = bound.method();
    if (head.isJson()) {
      method = json.method(method, Status.INTERNAL);
      if (method == null) {
        refuse(
            exchange,
            200,
            Status.UNIMPLEMENTED.withDescription(bound.method().fullName() + " has no JSON"));
        return;
      }
    }
    GrpcStream<Req, Resp> stream = new GrpcStream<>(exchange, method, head, limits);
    ActiveCall<Req, Resp> call = new ActiveCall<>(bound, stream, deadline, calls);
    stream.start(call);
  }

  private Deadline deadline(Method<?, ?> method, long timeoutNanos) {
    if (timeoutNanos != RequestHead.NO_TIMEOUT) {
      long nanos = method.longLived() ? timeoutNanos : Math.min(timeoutNanos, maxDeadlineNanos);
      return Deadline.afterNanos(nanos, System::nanoTime);
    }
    return method.longLived()
        ? Deadline.NEVER
        : Deadline.afterNanos(defaultDeadlineNanos, System::nanoTime);
  }

  private void refuseUnknown(Exchange exchange, @Nullable String path) {
    if (path == null || !isPlainPath(path)) {
      refuse(
          exchange,
          404,
          Status.UNIMPLEMENTED.withDescription(
              "path: " + shown(path) + " (expected: /package.Service/Method)"));
      return;
    }
    int slash = path.lastIndexOf('/');
    String service = slash > 1 ? path.substring(1, slash) : path;
    String what = methods.serviceNames().contains(service) ? "unknown method " : "unknown service ";
    String name = what.endsWith("method ") || slash < 1 ? path.substring(1) : service;
    refuse(exchange, 200, Status.UNIMPLEMENTED.withDescription(what + shown(name)));
  }

  private void refuse(Exchange exchange, int httpStatus, Status status) {
    HeaderBlock.Builder head =
        new HeaderBlock.Builder().add(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.APPLICATION_GRPC);
    if (status.code() == GrpcStatus.UNIMPLEMENTED) {
      head.add(GrpcHeaders.GRPC_ACCEPT_ENCODING, GrpcHeaders.GZIP);
    }
    StatusHeaders.write(status, Metadata.EMPTY, head::add);
    exchange.head(httpStatus, head.build());
    exchange.end(null, null);
  }

  private static boolean isPlainPath(String path) {
    if (path.isEmpty() || path.charAt(0) != '/') {
      return false;
    }
    for (int i = 0; i < path.length() && i <= MAX_PATH_LENGTH; i++) {
      if (path.charAt(i) <= ' ' || path.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  private static String shown(@Nullable String text) {
    if (text == null) {
      return "none";
    }
    return text.length() <= MAX_ECHO_LENGTH ? text : text.substring(0, MAX_ECHO_LENGTH) + "...";
  }
}
