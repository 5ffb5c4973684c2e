package dev.grpcbackend.observe;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Appends a line for each span to a file, for a first look without a collector. */
final class SpanLines implements SpanExporter {

  private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);
  private static final double NANOS_PER_MILLI = 1e6;

  private final String file;
  private final OutputStream out;
  private boolean failing;

  /**
   * Opens the file, standard output for {@code -}.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  SpanLines(String file) {
    this.file = file;
    this.out = LogFile.stream("tracing.file", file);
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    StringBuilder lines = new StringBuilder();
    spans.forEach(span -> append(lines, span));
    return write(lines.toString());
  }

  private synchronized CompletableResultCode write(String lines) {
    try {
      out.write(lines.getBytes(StandardCharsets.UTF_8));
      failing = false;
      return CompletableResultCode.ofSuccess();
    } catch (IOException failure) {
      if (!failing) {
        failing = true;
        LOG.error("spans cannot be written to {}, and are lost until they can", file, failure);
      }
      return CompletableResultCode.ofFailure();
    }
  }

  private static void append(StringBuilder lines, SpanData span) {
    Instant end = Instant.EPOCH
        .plusSeconds(TimeUnit.NANOSECONDS.toSeconds(span.getEndEpochNanos()))
        .plusNanos(span.getEndEpochNanos() % TimeUnit.SECONDS.toNanos(1));
    lines.append("time=").append(end.truncatedTo(ChronoUnit.MILLIS));
    lines.append(" span=").append(span.getName());
    boolean failed = span.getStatus().getStatusCode() == StatusCode.ERROR;
    lines.append(" status=").append(failed ? "ERROR" : "OK");
    if (failed) {
      lines.append(" message=\"");
      appendPrintable(lines, span.getStatus().getDescription());
      lines.append('"');
    }
    double millis = (span.getEndEpochNanos() - span.getStartEpochNanos()) / NANOS_PER_MILLI;
    lines.append(String.format(Locale.ROOT, " duration_ms=%.3f", millis));
    lines.append(" events=").append(span.getEvents().size());
    lines.append(" trace_id=").append(span.getTraceId());
    lines.append(" span_id=").append(span.getSpanId());
    SpanContext parent = span.getParentSpanContext();
    if (parent.isValid()) {
      lines.append(" parent_id=").append(parent.getSpanId());
    }
    lines.append('\n');
  }

  /** A line is a line, whatever a handler has said. */
  private static void appendPrintable(StringBuilder lines, String text) {
    text.chars().forEach(c -> lines.append(c < ' ' || c == '"' || c == '\u007f' ? '?' : (char) c));
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    try {
      if (!file.equals(LogFile.STDOUT)) {
        out.close();
      }
      return CompletableResultCode.ofSuccess();
    } catch (IOException failure) {
      return CompletableResultCode.ofFailure();
    }
  }
}
