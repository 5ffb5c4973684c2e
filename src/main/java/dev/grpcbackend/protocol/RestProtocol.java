package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCall;
import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * REST by {@code google.api.http}: a method that has a rule is called by the verb and the path of
 * the rule, with JSON. It takes every request that is not for a method by its own path, so it has to
 * be the last protocol to be asked: what has no route is 404.
 */
public final class RestProtocol implements Protocol {

  static final String NAME = "rest";

  private static final String GRPC = "application/grpc";
  private static final int MAX_ECHO_LENGTH = 200;

  private final MethodTable methods;
  private final Json json;
  private final RestRoutes routes;
  private final CallLimits limits;
  private final Deadlines deadlines;
  private final ActiveCalls calls;
  private final RefusedCalls refused;

  /**
   * Collects the routes of a table.
   *
   * @throws IllegalArgumentException if a rule cannot be served, or two are for the same requests
   */
  public RestProtocol(MethodTable methods, CallLimits limits, ActiveCalls calls) {
    this.methods = methods;
    this.json = new Json(methods);
    this.routes = new RestRoutes(methods.methods(), json);
    this.limits = limits;
    this.deadlines = new Deadlines(limits);
    this.calls = calls;
    this.refused = new RefusedCalls(NAME, calls);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<String> mediaTypes() {
    return Set.of("application/json", ANY);
  }

  @Override
  public boolean accept(Exchange exchange) {
    String target = exchange.target();
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    String query = question < 0 ? "" : target.substring(question + 1);
    RequestPath requested = null;
    Status malformed = null;
    if (!path.startsWith("/")) {
      malformed = Status.INVALID_ARGUMENT.withDescription("the URL is no path (expected: /...)");
    } else {
      try {
        requested = RequestPath.parse(path);
      } catch (StatusException wrong) {
        malformed = wrong.status();
      }
    }
    RestRoutes.Match match = requested == null ? null : find(exchange.method(), requested);
    if (match != null) {
      accept(exchange, match, query);
      return true;
    }
    if (isForOthers(exchange, path)) {
      return false;
    }
    if (malformed != null) {
      refuse(exchange, null, 400, malformed);
    } else {
      refuseUnknown(exchange, path, requested);
    }
    return true;
  }

  private RestRoutes.@Nullable Match find(String verb, RequestPath path) {
    RestRoutes.Match match = routes.find(verb, path);
    // RFC 9110, section 9.3.2: HEAD is GET without the body.
    return match == null && verb.equals("HEAD") ? routes.find("GET", path) : match;
  }

  private void accept(Exchange exchange, RestRoutes.Match match, String query) {
    RestBinding<?, ?> binding = match.binding();
    RestHead head = RestHead.read(exchange.headers());
    if (head.metadataBytes() > limits.maxMetadataBytes()) {
      Status tooMuch = Refusals.tooMuchMetadata(head.metadataBytes(), limits);
      refuse(exchange, binding.method(), 431, tooMuch);
      return;
    }
    Status refusal = head.refusal();
    if (refusal != null) {
      refuse(exchange, binding.method(), 400, refusal);
      return;
    }
    RestRequest request =
        new RestRequest(match.path(), binding, query, head.contentType(), json, maxBytes(binding));
    if (!refuseBody(exchange, head, binding, request)) {
      start(exchange, head, binding, request);
    }
  }

  /** Answers a request whose head says that its body will not do. */
  private boolean refuseBody(
      Exchange exchange, RestHead head, RestBinding<?, ?> binding, RestRequest request) {
    boolean json = head.isJson();
    if (!binding.body().exists()) {
      if (head.contentLength() > 0) {
        refuse(exchange, binding.method(), 400, RestRequest.unexpectedBody());
        return true;
      }
      return false;
    }
    if (head.contentLength() > maxBytes(binding)) {
      refuse(exchange, binding.method(), 413, request.tooLarge());
      return true;
    }
    String encoding = head.contentEncoding();
    boolean wrongType = !json && !binding.body().isRaw(binding.request());
    if (encoding == null && !wrongType) {
      return false;
    }
    String wrong = encoding == null
        ? "content-type: " + FieldText.shown(head.contentType()) + " (expected: application/json)"
        : "content-encoding: " + FieldText.shown(encoding) + " (expected: none)";
    Status status = Status.INVALID_ARGUMENT.withDescription(wrong);
    refuse(exchange, binding.method(), 415, status);
    return true;
  }

  private <Req, Resp> void start(
      Exchange exchange, RestHead head, RestBinding<Req, Resp> binding, RestRequest request) {
    Deadline deadline = deadlines.of(binding.method(), head.timeoutNanos());
    if (deadline.isExpired()) {
      refuse(exchange, binding.method(), 504, Refusals.EXPIRED);
      return;
    }
    RestStream<Req, Resp> stream =
        new RestStream<>(exchange, binding, request, form(binding, head), json);
    stream.start(new ActiveCall<>(binding.method(), stream, deadline, calls));
  }

  private int maxBytes(RestBinding<?, ?> binding) {
    return Math.min(limits.maxInboundMessageBytes(), binding.method().limits().maxRequestBytes());
  }

  private static RestForm form(RestBinding<?, ?> binding, RestHead head) {
    if (!binding.isStreaming() || binding.isRawResponse()) {
      return RestForm.BARE;
    }
    return head.acceptsEvents() ? RestForm.EVENTS : RestForm.LINES;
  }

  /** Whether the request is a gRPC call, or one of a method by its own path, gone wrong. */
  private boolean isForOthers(Exchange exchange, String path) {
    String contentType = exchange.header(HttpHeaderNames.CONTENT_TYPE);
    return (contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith(GRPC))
        || methods.added(path) != null;
  }

  private void refuseUnknown(Exchange exchange, String path, @Nullable RequestPath requested) {
    Set<String> verbs = requested == null ? Set.of() : routes.verbs(requested);
    String what = exchange.method() + " " + shown(path);
    if (verbs.isEmpty()) {
      refuse(exchange, null, 404, Status.NOT_FOUND.withDescription("no route for " + what));
      return;
    }
    String allowed = String.join(", ", verbs);
    Status status = Status.UNIMPLEMENTED.withDescription(what + " (expected: " + allowed + ")");
    RestError.refuse(exchange, 405, status, json, new HeaderBlock.Builder().add("allow", allowed));
    refused.add(exchange, status);
  }

  /** Answers a request that becomes no call of {@code bound}, or of no method if that is null. */
  private void refuse(
      Exchange exchange, @Nullable BoundMethod<?, ?> bound, int httpStatus, Status status) {
    RestError.refuse(exchange, httpStatus, status, json);
    if (bound == null) {
      refused.add(exchange, status);
    } else {
      refused.add(exchange, bound, status);
    }
  }

  private static String shown(String path) {
    return path.length() <= MAX_ECHO_LENGTH ? path : path.substring(0, MAX_ECHO_LENGTH) + "...";
  }
}
