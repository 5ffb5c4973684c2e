package dev.grpcbackend.observe;

import com.google.protobuf.ByteString;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes spans as OTLP has them.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/">OpenTelemetry Protocol</a>
 */
final class OtlpRequest {

  private OtlpRequest() {}

  static ExportTraceServiceRequest of(Collection<SpanData> spans) {
    Map<io.opentelemetry.sdk.resources.Resource, Map<InstrumentationScopeInfo, List<SpanData>>>
        all = new LinkedHashMap<>();
    for (SpanData span : spans) {
      all.computeIfAbsent(span.getResource(), added -> new LinkedHashMap<>())
          .computeIfAbsent(span.getInstrumentationScopeInfo(), added -> new ArrayList<>())
          .add(span);
    }
    ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
    all.forEach((resource, scopes) -> {
      ResourceSpans.Builder of = request
          .addResourceSpansBuilder()
          .setResource(Resource.newBuilder().addAllAttributes(all(resource.getAttributes())));
      scopes.forEach((scope, scoped) -> of.addScopeSpans(scope(scope, scoped)));
    });
    return request.build();
  }

  private static ScopeSpans scope(InstrumentationScopeInfo scope, List<SpanData> spans) {
    ScopeSpans.Builder made = ScopeSpans.newBuilder()
        .setScope(InstrumentationScope.newBuilder().setName(scope.getName()));
    spans.forEach(span -> made.addSpans(span(span)));
    return made.build();
  }

  private static Span span(SpanData span) {
    Span.Builder made = Span.newBuilder()
        .setTraceId(id(span.getTraceId()))
        .setSpanId(id(span.getSpanId()))
        .setFlags(span.getSpanContext().getTraceFlags().asByte() & 0xff)
        .setName(span.getName())
        .setKind(kind(span.getKind()))
        .setStartTimeUnixNano(span.getStartEpochNanos())
        .setEndTimeUnixNano(span.getEndEpochNanos())
        .addAllAttributes(all(span.getAttributes()))
        .setDroppedAttributesCount(
            span.getTotalAttributeCount() - span.getAttributes().size())
        .setDroppedEventsCount(span.getTotalRecordedEvents() - span.getEvents().size())
        .setDroppedLinksCount(span.getTotalRecordedLinks() - span.getLinks().size())
        .setStatus(status(span));
    if (span.getParentSpanContext().isValid()) {
      made.setParentSpanId(id(span.getParentSpanId()));
    }
    for (EventData event : span.getEvents()) {
      made.addEventsBuilder()
          .setTimeUnixNano(event.getEpochNanos())
          .setName(event.getName())
          .addAllAttributes(all(event.getAttributes()));
    }
    for (LinkData link : span.getLinks()) {
      made.addLinksBuilder()
          .setTraceId(id(link.getSpanContext().getTraceId()))
          .setSpanId(id(link.getSpanContext().getSpanId()))
          .addAllAttributes(all(link.getAttributes()));
    }
    return made.build();
  }

  private static Status status(SpanData span) {
    StatusCode code = span.getStatus().getStatusCode();
    return Status.newBuilder()
        .setCode(
            switch (code) {
              case UNSET -> Status.StatusCode.STATUS_CODE_UNSET;
              case OK -> Status.StatusCode.STATUS_CODE_OK;
              case ERROR -> Status.StatusCode.STATUS_CODE_ERROR;
            })
        .setMessage(span.getStatus().getDescription())
        .build();
  }

  private static Span.SpanKind kind(SpanKind kind) {
    return switch (kind) {
      case INTERNAL -> Span.SpanKind.SPAN_KIND_INTERNAL;
      case SERVER -> Span.SpanKind.SPAN_KIND_SERVER;
      case CLIENT -> Span.SpanKind.SPAN_KIND_CLIENT;
      case PRODUCER -> Span.SpanKind.SPAN_KIND_PRODUCER;
      case CONSUMER -> Span.SpanKind.SPAN_KIND_CONSUMER;
    };
  }

  private static ByteString id(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }

  private static List<KeyValue> all(Attributes attributes) {
    List<KeyValue> all = new ArrayList<>(attributes.size());
    attributes.forEach((key, value) -> all.add(
        KeyValue.newBuilder().setKey(key.getKey()).setValue(value(value)).build()));
    return all;
  }

  private static AnyValue value(Object value) {
    AnyValue.Builder made = AnyValue.newBuilder();
    if (value instanceof List<?> values) {
      values.forEach(one -> made.getArrayValueBuilder().addValues(value(one)));
    } else if (value instanceof Long number) {
      made.setIntValue(number);
    } else if (value instanceof Double number) {
      made.setDoubleValue(number);
    } else if (value instanceof Boolean truth) {
      made.setBoolValue(truth);
    } else {
      made.setStringValue(value.toString());
    }
    return made.build();
  }
}
