package dev.grpcbackend.observe;

import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.Propagation;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a collector by OTLP over gRPC, with a channel of ours. A failure that may pass is
 * tried again, for ten seconds in all; then the spans are lost, and the log says so once until it works
 * again. Thread-safe.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/#otlpgrpc">OTLP/gRPC</a>
 */
final class OtlpSpans implements SpanExporter {

  static final String SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService";

  private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final Method<ExportTraceServiceRequest, ExportTraceServiceResponse> EXPORT =
      new Method<>(
          SERVICE,
          "Export",
          MethodType.UNARY,
          Marshaller.of(ExportTraceServiceRequest.class),
          Marshaller.of(ExportTraceServiceResponse.class),
          false,
          null);

  private final String endpoint;
  private final Channel connections;
  private final Channel channel;
  private volatile boolean failing;

  /** Creates what sends by a channel, and closes it in the end. */
  OtlpSpans(String endpoint, Channel connections) {
    this.endpoint = endpoint;
    this.connections = connections;
    this.channel = connections.with(
        CallOptions.DEFAULTS.withTimeout(TIMEOUT).withPropagation(Propagation.NONE));
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode sent = new CompletableResultCode();
    channel.unary(EXPORT, OtlpRequest.of(spans)).onComplete((response, failure) -> {
      if (failure == null) {
        failing = false;
        sent.succeed();
        return;
      }
      if (!failing) {
        failing = true;
        LOG.warn(
            "spans are lost until the collector at {} takes them: {}",
            endpoint,
            failure.getMessage());
      }
      sent.fail();
    });
    return sent;
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    CompletableResultCode closed = new CompletableResultCode();
    connections.close().onComplete(end -> closed.succeed());
    return closed;
  }
}
