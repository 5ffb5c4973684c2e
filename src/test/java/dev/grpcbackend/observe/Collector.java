package dev.grpcbackend.observe;

import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A collector of OpenTelemetry: a server of ours that takes spans by OTLP. */
final class Collector implements AutoCloseable {

  private final BlockingQueue<ResourceSpans> received = new LinkedBlockingQueue<>();
  private final List<Span> seen = new ArrayList<>();
  private final TestServer server = TestServer.start(builder -> builder.method(BoundMethod.of(
      "opentelemetry.proto.collector.trace.v1.TraceService/Export",
      ExportTraceServiceRequest.class,
      ExportTraceServiceResponse.class,
      ServerCalls.unary((request, call) -> {
        received.addAll(request.getResourceSpansList());
        return Future.succeededFuture(ExportTraceServiceResponse.getDefaultInstance());
      }))));

  String endpoint() {
    return "127.0.0.1:" + server.port();
  }

  /** Waits for the first span that is like that; each may be asked for as often as one likes. */
  Span await(Predicate<Span> wanted) throws InterruptedException {
    while (true) {
      for (Span span : seen) {
        if (wanted.test(span)) {
          return span;
        }
      }
      next();
    }
  }

  Span await(String name) throws InterruptedException {
    return await(span -> span.getName().equals(name));
  }

  List<Span> seen() {
    return seen;
  }

  private Resource next() throws InterruptedException {
    ResourceSpans more = received.poll(Patience.SECONDS, TimeUnit.SECONDS);
    if (more == null) {
      throw new AssertionError("no such span, but:\n" + seen);
    }
    for (ScopeSpans scope : more.getScopeSpansList()) {
      seen.addAll(scope.getSpansList());
    }
    return more.getResource();
  }

  static String hex(com.google.protobuf.ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  @Override
  public void close() {
    server.close();
  }
}
