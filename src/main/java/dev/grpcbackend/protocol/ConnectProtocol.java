package dev.grpcbackend.protocol;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.MessageBody;
import dev.grpcbackend.wire.MessageDecoder;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Connect over HTTP/1.1 and HTTP/2 (the Connect protocol reference): unary calls by POST, and by GET
 * for methods without side effects; streams by POST. Only methods that were registered can be
 * called; other paths are another protocol's, or nobody's.
 */
public final class ConnectProtocol implements Protocol {

  static final String NAME = "connect";

  static final Status BODY_OF_GET =
      Status.INVALID_ARGUMENT.withDescription("a GET request with a body (expected: none)");

  private static final String PROTO = "application/proto";
  private static final String JSON = "application/json";
  private static final String STREAM_PROTO = "application/connect+proto";
  private static final String STREAM_JSON = "application/connect+json";

  private static final HeaderBlock ALLOW_GET_POST = HeaderBlock.of("allow", "GET, POST");
  private static final HeaderBlock UNARY_TYPES = HeaderBlock.of("accept-post", PROTO + ", " + JSON);
  private static final HeaderBlock STREAM_TYPES =
      HeaderBlock.of("accept-post", STREAM_PROTO + ", " + STREAM_JSON);

  private final MethodTable methods;
  private final Json json;
  private final CallLimits limits;
  private final Deadlines deadlines;
  private final ActiveCalls calls;
  private final RefusedCalls refused;
  private final ConnectUnary unaryJson;
  private final Map<String, ConnectUnary> unaries;
  private final Map<String, Framing> streams;

  public ConnectProtocol(MethodTable methods, CallLimits limits, ActiveCalls calls) {
    this.methods = methods;
    this.json = new Json(methods);
    this.limits = limits;
    this.deadlines = new Deadlines(limits);
    this.calls = calls;
    this.refused = new RefusedCalls(NAME, calls);
    ConnectError errors = new ConnectError(json);
    this.unaryJson = new ConnectUnary(limits, JSON, true, errors);
    this.unaries = Map.of(JSON, unaryJson, PROTO, new ConnectUnary(limits, PROTO, false, errors));
    this.streams = Map.of(
        STREAM_PROTO,
        new ConnectFraming(limits, STREAM_PROTO, false, errors),
        STREAM_JSON,
        new ConnectFraming(limits, STREAM_JSON, true, errors));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<String> mediaTypes() {
    return Set.of(PROTO, JSON, STREAM_PROTO, STREAM_JSON, ANY);
  }

  @Override
  public boolean accept(Exchange exchange) {
    boolean isGet = exchange.method().equals("GET");
    String target = exchange.target();
    int query = isGet ? target.indexOf('?') : -1;
    String contentType = exchange.header(HttpHeaderNames.CONTENT_TYPE);
    String mediaType = contentType == null ? "" : Protocol.mediaType(contentType);
    BoundMethod<?, ?> bound = methods.added(query < 0 ? target : target.substring(0, query));
    if (bound == null) {
      return refuseUnknown(exchange, mediaType);
    }
    if (!exchange.method().equals("POST")) {
      boolean isSafe = isSafe(bound.method());
      if (isGet && isSafe) {
        get(exchange, bound, query < 0 ? "" : target.substring(query + 1));
      } else {
        Refusals.wrongVerb(exchange, isSafe ? ALLOW_GET_POST : GrpcProtocol.ALLOW_POST);
        refused.addHttp(exchange, 405);
      }
    } else if (bound.method().type() == MethodType.UNARY) {
      post(exchange, bound, unaries.get(mediaType));
    } else {
      stream(exchange, bound, streams.get(mediaType));
    }
    return true;
  }

  /** The client infers unimplemented from a 404 without a body that would say something else. */
  private boolean refuseUnknown(Exchange exchange, String mediaType) {
    if (!isSurelyConnect(exchange, mediaType)) {
      return false;
    }
    exchange.head(404, HeaderBlock.EMPTY);
    exchange.end(null, null);
    refused.add(exchange, Status.UNIMPLEMENTED.withDescription("HTTP 404"));
    return true;
  }

  /** JSON to an unknown path may be REST, unless the request names its protocol as clients do. */
  private static boolean isSurelyConnect(Exchange exchange, String mediaType) {
    return mediaType.equals(PROTO)
        || mediaType.equals(STREAM_PROTO)
        || mediaType.equals(STREAM_JSON)
        || (mediaType.equals(JSON) && exchange.headers().contains("connect-protocol-version"));
  }

  private void get(Exchange exchange, BoundMethod<?, ?> bound, String text) {
    ConnectHead head = ConnectHead.ofUnary(exchange.headers());
    ConnectUnary form;
    Buffer message;
    try {
      ConnectQuery query = ConnectQuery.parse(text);
      query.checkVersion();
      form = unaries.get("application/" + query.encoding());
      if (form == null) {
        refuseType(exchange, HeaderBlock.EMPTY);
        return;
      }
      message = query.message();
      head.takeEncoding("compression", query.compression());
    } catch (StatusException malformed) {
      unaryJson.refuse(exchange, malformed.status());
      refused.add(exchange, bound, malformed.status());
      return;
    }
    if (head.hasBody()) {
      form.refuse(exchange, BODY_OF_GET, 415);
      refused.add(exchange, bound, BODY_OF_GET);
      return;
    }
    unary(exchange, bound, form, head, message);
  }

  private void post(Exchange exchange, BoundMethod<?, ?> bound, @Nullable ConnectUnary form) {
    if (form == null) {
      refuseType(exchange, UNARY_TYPES);
      return;
    }
    unary(exchange, bound, form, ConnectHead.ofUnary(exchange.headers()), null);
  }

  private <Req, Resp> void unary(
      Exchange exchange,
      BoundMethod<Req, Resp> bound,
      ConnectUnary form,
      ConnectHead head,
      @Nullable Buffer query) {
    if (isReset(exchange, head)) {
      return;
    }
    Deadline deadline = deadlines.of(bound, head.timeoutNanos());
    Status refusal = refusal(head, deadline);
    long length = query == null ? head.contentLength() : query.length();
    MessageDecoder decoder = form.decoder().atMost(bound.limits().maxRequestBytes());
    if (refusal == null && length > decoder.maxMessageBytes()) {
      refusal = decoder.tooLarge(length).status();
    }
    Method<Req, Resp> method =
        form.isJson() ? json.method(bound.method(), Status.INVALID_ARGUMENT) : bound.method();
    if (refusal != null || method == null) {
      Status status = refusal == null ? Refusals.noJson(bound.method()) : refusal;
      form.refuse(exchange, status);
      refused.add(exchange, bound, status);
      return;
    }
    ConnectUnaryStream<Req, Resp> stream =
        new ConnectUnaryStream<>(exchange, method, form, head, new MessageBody(decoder), query);
    stream.start(new ActiveCall<>(bound, stream, deadline, calls));
  }

  private <Req, Resp> void stream(
      Exchange exchange, BoundMethod<Req, Resp> bound, @Nullable Framing framing) {
    if (framing == null) {
      refuseType(exchange, STREAM_TYPES);
      return;
    }
    if (bound.method().type() == MethodType.BIDI_STREAMING && !exchange.isHttp2()) {
      Refusals.needsHttp2(exchange);
      refused.addHttp(exchange, 505);
      return;
    }
    ConnectHead head = ConnectHead.ofStream(exchange.headers());
    if (isReset(exchange, head)) {
      return;
    }
    Deadline deadline = deadlines.of(bound, head.timeoutNanos());
    Status refusal = refusal(head, deadline);
    Method<Req, Resp> method =
        framing.isJson() ? json.method(bound.method(), Status.INVALID_ARGUMENT) : bound.method();
    if (refusal != null || method == null) {
      Status status = refusal == null ? Refusals.noJson(bound.method()) : refusal;
      framing.refuse(exchange, 200, status);
      refused.add(exchange, bound, status);
      return;
    }
    FramedStream<Req, Resp> stream = new FramedStream<>(
        exchange, method, framing, framing.deframer(bound, head.gzip()), head.acceptsGzip());
    stream.start(new ActiveCall<>(bound, stream, deadline, calls));
  }

  private boolean isReset(Exchange exchange, ConnectHead head) {
    if (exchange.isHttp2() && head.isMalformed()) {
      exchange.reset(GrpcProtocol.PROTOCOL_ERROR);
      refused.add(exchange, Refusals.MALFORMED);
      return true;
    }
    return false;
  }

  private @Nullable Status refusal(ConnectHead head, Deadline deadline) {
    if (head.hasManyHosts()) {
      return Status.INVALID_ARGUMENT.withDescription(Refusals.MANY_HOSTS);
    }
    if (head.metadataBytes() > limits.maxMetadataBytes()) {
      return Refusals.tooMuchMetadata(head.metadataBytes(), limits);
    }
    return head.refusal() == null && deadline.isExpired() ? Refusals.EXPIRED : head.refusal();
  }

  private void refuseType(Exchange exchange, HeaderBlock accepted) {
    exchange.head(415, accepted);
    exchange.end(null, null);
    refused.addHttp(exchange, 415);
  }

  private static boolean isSafe(Method<?, ?> method) {
    MethodDescriptor schema = method.descriptor();
    return schema != null
        && method.type() == MethodType.UNARY
        && schema.getOptions().getIdempotencyLevel() == IdempotencyLevel.NO_SIDE_EFFECTS;
  }
}
