package dev.grpcbackend.observe;

import dev.grpcbackend.call.CallHead;
import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.client.ClientCallObserver;
import dev.grpcbackend.client.ClientCallTracer;
import dev.grpcbackend.rpc.Method;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.vertx.core.Vertx;
import io.vertx.tracing.opentelemetry.VertxContextStorageProvider.VertxContextStorage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans of OpenTelemetry of the calls that are served and of those that channels make: {@code
 * Recv.package.Service.Method} for a served call, {@code Sent.} for a call of a channel and within it
 * {@code Attempt.} for each of its attempts, with an event for each message. The span of a served call
 * is the current one on its Vert.x context, so that spans made by its handler, calls of observed
 * channels among them, are its children. What propagators the {@code OpenTelemetry} has decides which
 * headers tell servers of it; W3C Trace Context as a rule.
 *
 * <p>Beside what gRFC A72 wants, spans have the attributes {@code rpc.system}, {@code rpc.service},
 * {@code rpc.method} and {@code rpc.grpc.status_code} of OpenTelemetry's conventions. Calls of methods
 * that nobody has registered are {@code Recv.other}, with the path as {@code url.path}.
 *
 * <p>Thread-safe; one for a server with all its instances, and for all channels. It needs {@code
 * vertx-opentelemetry}.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A72-open-telemetry-tracing.md">A72</a>
 */
public final class Tracing implements CallObserver, ClientCallObserver {

  private static final String SCOPE = "dev.grpcbackend";
  private static final int MAX_PATH_CHARS = 256;

  private final Tracer tracer;
  private final TextMapPropagator propagator;

  /** Creates what makes spans by an OpenTelemetry of the application's. */
  public Tracing(OpenTelemetry telemetry) {
    this.tracer = telemetry.getTracer(SCOPE);
    this.propagator = telemetry.getPropagators().getTextMapPropagator();
  }

  /**
   * Returns what shows the calls of channels to the tracing that the options of a server on this
   * Vert.x ask for ({@code tracing.*}), and to nobody while there is no such server.
   */
  public static ClientCallObserver of(Vertx vertx) {
    return (call, target) -> {
      Tracing tracing = Traces.of(vertx);
      return tracing == null ? ClientCallTracer.NONE : tracing.started(call, target);
    };
  }

  // Calls that are served ----------------------------------------------------------------------

  @Override
  public CallTracer started(ObservedCall call) {
    String path = call.methodName();
    Span span = server("Recv.other", call.head())
        .setAttribute("url.path", path.substring(0, Math.min(MAX_PATH_CHARS, path.length())))
        .startSpan();
    return serve(span);
  }

  @Override
  public CallObserver forMethod(Method<?, ?> method) {
    String name = name("Recv.", method);
    return call -> serve(
        described(server(name, call.head()), method.service(), method.name()).startSpan());
  }

  /** A parent that is on the context already is Vert.x's own span of the HTTP request. */
  private SpanBuilder server(String name, CallHead head) {
    Context around = VertxContextStorage.INSTANCE.current();
    Context parent = around == null || Span.fromContextOrNull(around) == null
        ? propagator.extract(Context.root(), head, HeadHeaders.INSTANCE)
        : around;
    return tracer.spanBuilder(name).setSpanKind(SpanKind.SERVER).setParent(parent);
  }

  /** The context serves this call only, so what is attached stays until it is gone. */
  private static CallTracer serve(Span span) {
    VertxContextStorage.INSTANCE.attach(Context.root().with(span));
    return span.isRecording() ? new ServedSpan(span) : CallTracer.NONE;
  }

  // Calls of channels --------------------------------------------------------------------------

  @Override
  public ClientCallTracer started(ClientCall<?, ?> call, String target) {
    Method<?, ?> method = call.method();
    if (method.service().equals(OtlpSpans.SERVICE)) {
      // A span for sending spans would be another one to send.
      return ClientCallTracer.NONE;
    }
    Span span = described(
            tracer.spanBuilder(name("Sent.", method)), method.service(), method.name())
        .setParent(Context.current())
        .setAttribute("grpc.target", target)
        .startSpan();
    return new CalledSpans(this, method, span);
  }

  /** Starts the span of an attempt. */
  Span attempt(Method<?, ?> method, Span call) {
    return described(tracer.spanBuilder(name("Attempt.", method)), method.service(), method.name())
        .setSpanKind(SpanKind.CLIENT)
        .setParent(Context.root().with(call))
        .startSpan();
  }

  TextMapPropagator propagator() {
    return propagator;
  }

  private static String name(String prefix, Method<?, ?> method) {
    return prefix + method.service() + "." + method.name();
  }

  private static SpanBuilder described(SpanBuilder span, String service, String method) {
    return span.setAttribute("rpc.system", "grpc")
        .setAttribute("rpc.service", service)
        .setAttribute("rpc.method", method);
  }

  /** Reads the headers of a call. */
  private enum HeadHeaders implements TextMapGetter<CallHead> {
    INSTANCE;

    @Override
    public Iterable<String> keys(CallHead head) {
      return List.of();
    }

    @Override
    public @Nullable String get(@Nullable CallHead head, String name) {
      return head == null ? null : head.header(name);
    }
  }
}
