package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The way from a request's head to its call, for native gRPC and gRPC-Web alike. Checks in the order
 * of what a check costs; a refusal carries its status in the form of the framing.
 */
final class GrpcEntry {

  private final MethodTable methods;
  private final Json json;
  private final CallLimits limits;
  private final Deadlines deadlines;
  private final ActiveCalls calls;
  private final RefusedCalls refused;

  GrpcEntry(MethodTable methods, CallLimits limits, ActiveCalls calls, RefusedCalls refused) {
    this.methods = methods;
    this.json = new Json(methods);
    this.limits = limits;
    this.deadlines = new Deadlines(limits);
    this.calls = calls;
    this.refused = refused;
  }

  void accept(Exchange exchange, RequestHead head, Framing framing) {
    if (head.hasManyHosts()) {
      refuse(exchange, framing, 400, Status.INTERNAL.withDescription(Refusals.MANY_HOSTS));
      return;
    }
    if (head.metadataBytes() > limits.maxMetadataBytes()) {
      refuse(exchange, framing, 431, Refusals.tooMuchMetadata(head.metadataBytes(), limits));
      return;
    }
    String path = exchange.target();
    BoundMethod<?, ?> bound = methods.find(path);
    if (bound == null) {
      if (Refusals.isPath(path)) {
        refuse(exchange, framing, 200, Refusals.unknown(path, methods));
      } else {
        refuse(exchange, framing, 404, Refusals.noPath(path));
      }
      return;
    }
    Status refusal = head.refusal();
    if (refusal != null) {
      refuse(exchange, framing, bound, refusal);
      return;
    }
    if (bound.method().type() == MethodType.BIDI_STREAMING && !exchange.isHttp2()) {
      Refusals.needsHttp2(exchange);
      refused.addHttp(exchange, 505);
      return;
    }
    start(exchange, head, framing, bound);
  }

  private <Req, Resp> void start(
      Exchange exchange, RequestHead head, Framing framing, BoundMethod<Req, Resp> bound) {
    Deadline deadline = deadlines.of(bound, head.timeoutNanos());
    if (deadline.isExpired()) {
      refuse(exchange, framing, bound, Refusals.EXPIRED);
      return;
    }
    @Nullable Method<Req, Resp> method = bound.method();
    if (framing.isJson()) {
      method = json.method(method, Status.INTERNAL);
      if (method == null) {
        refuse(exchange, framing, bound, Refusals.noJson(bound.method()));
        return;
      }
    }
    FramedStream<Req, Resp> stream = new FramedStream<>(
        exchange, method, framing, framing.deframer(bound, head.gzip()), head.acceptsGzip());
    ActiveCall<Req, Resp> call = new ActiveCall<>(bound, stream, deadline, calls);
    stream.start(call);
  }

  private void refuse(Exchange exchange, Framing framing, int httpStatus, Status status) {
    framing.refuse(exchange, httpStatus, status);
    refused.add(exchange, status);
  }

  private void refuse(Exchange exchange, Framing framing, BoundMethod<?, ?> bound, Status status) {
    framing.refuse(exchange, 200, status);
    refused.add(exchange, bound, status);
  }
}
