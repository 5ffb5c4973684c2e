package dev.grpcbackend.observe;

import static dev.grpcbackend.observe.Collector.hex;
import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.client.ServiceConfig;
import dev.grpcbackend.policy.PolicyFile;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.TestServer;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Spans of served and made calls, as a collector gets them. */
@Timeout(120)
class TracingTest {

  private static final Metadata.Key<String> TRACEPARENT = Metadata.Key.ascii("traceparent");
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALLER = "b7ad6b7169203331";
  private static final String GREETER = "helloworld.Greeter.";

  private final Vertx vertx = Vertx.vertx();
  private final Collector collector = new Collector();
  private final List<AutoCloseable> servers = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    for (AutoCloseable server : servers) {
      server.close();
    }
    collector.close();
  }

  private ServerOptions options() {
    return TestServer.OPTIONS.withTracing(new TracingOptions(collector.endpoint(), "", "shop", 1));
  }

  private TestServer start(
      ServerOptions options,
      BiFunction<HelloRequest, ServerCall<HelloRequest, HelloReply>, Future<HelloReply>> hello) {
    ServerCallHandler<HelloRequest, HelloReply> handler = ServerCalls.unary(hello::apply);
    TestServer server = TestServer.start(
        options, builder -> builder.method(new BoundMethod<>(method("SayHello"), handler)));
    servers.add(server);
    return server;
  }

  private TestServer start(ServerOptions options) {
    return start(options, (request, call) -> Future.succeededFuture(reply("you")));
  }

  private static HelloReply reply(String message) {
    return HelloReply.newBuilder().setMessage(message).build();
  }

  private static Method<HelloRequest, HelloReply> method(String name) {
    return new Method<>(
        "helloworld.Greeter",
        name,
        MethodType.UNARY,
        Marshaller.of(HelloRequest.class),
        Marshaller.of(HelloReply.class),
        false,
        null);
  }

  private Channel channel(TestServer server) {
    return Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.port()));
  }

  private static Future<HelloReply> hello(Channel channel) {
    return channel.unary(
        method("SayHello"), HelloRequest.newBuilder().setName("Ada").build());
  }

  private static Channel traced(Channel channel, String flags) {
    return channel.with(
        CallOptions.DEFAULTS.withHeader("traceparent", "00-" + TRACE + "-" + CALLER + "-" + flags));
  }

  private static String attribute(List<KeyValue> attributes, String key) {
    return attributes.stream()
        .filter(one -> one.getKey().equals(key))
        .map(one -> one.getValue().hasStringValue()
            ? one.getValue().getStringValue()
            : one.getValue().hasBoolValue()
                ? String.valueOf(one.getValue().getBoolValue())
                : String.valueOf(one.getValue().getIntValue()))
        .findAny()
        .orElse("");
  }

  private static List<String> events(Span span) {
    return span.getEventsList().stream()
        .map(
            event -> event.getName() + " " + attribute(event.getAttributesList(), "sequence-number")
                + " " + attribute(event.getAttributesList(), "message-size")
                + " " + attribute(event.getAttributesList(), "message-size-compressed"))
        .map(String::strip)
        .toList();
  }

  @Test
  void followsACallThroughTwoServersAndTheChannelBetweenThem() throws Exception {
    TestServer back = start(options());
    TestServer front = start(options(), (request, call) -> {
      Vertx here = call.context().owner();
      Promise<HelloReply> later = Promise.promise();
      // Not in the turn of the handler: the span is found on the context.
      here.setTimer(
          1,
          timer -> hello(Channel.create(here, ChannelOptions.to("127.0.0.1:" + back.port()))
                  .observe(Tracing.of(here)))
              .onComplete(later));
      return later.future();
    });

    await(hello(traced(channel(front), "01")));

    Span sent = collector.await("Sent." + GREETER + "SayHello");
    Span attempt = collector.await("Attempt." + GREETER + "SayHello");
    Span first = collector.await(span -> hex(span.getParentSpanId()).equals(CALLER));
    ByteString made = attempt.getSpanId();
    Span second = collector.await(span -> span.getParentSpanId().equals(made));
    assertThat(first.getName()).isEqualTo("Recv." + GREETER + "SayHello");
    assertThat(second.getName()).isEqualTo("Recv." + GREETER + "SayHello");
    assertThat(sent.getParentSpanId()).isEqualTo(first.getSpanId());
    assertThat(attempt.getParentSpanId()).isEqualTo(sent.getSpanId());
    assertThat(List.of(first, sent, attempt, second))
        .allMatch(span -> hex(span.getTraceId()).equals(TRACE))
        .allMatch(span -> span.getStatus().getCode() == StatusCode.STATUS_CODE_OK);
    assertThat(List.of(first, sent, attempt, second).stream().map(Span::getKind))
        .containsExactly(
            Span.SpanKind.SPAN_KIND_SERVER,
            Span.SpanKind.SPAN_KIND_INTERNAL,
            Span.SpanKind.SPAN_KIND_CLIENT,
            Span.SpanKind.SPAN_KIND_SERVER);
  }

  @Test
  void hasAnEventForEachMessage() throws Exception {
    TestServer back = start(options());
    Channel channel = channel(back);
    await(hello(channel.with(CallOptions.DEFAULTS.withCompression(true))));

    Span served = collector.await("Recv." + GREETER + "SayHello");
    assertThat(events(served)).containsExactly("Inbound message 0 5 25", "Outbound message 0 5");
    assertThat(attribute(served.getAttributesList(), "rpc.method")).isEqualTo("SayHello");
    assertThat(attribute(served.getAttributesList(), "rpc.grpc.status_code")).isEqualTo("0");
  }

  @Test
  void aRefusedCallIsASpanWithItsStatus(@TempDir Path folder) throws Exception {
    Path policy = folder.resolve("policy.yaml");
    Files.writeString(
        policy, "authenticate:\n  apiKeys:\n    keys: []\nrules:\n- allow * to authenticated\n");
    TestServer server =
        start(options().withPolicy(new PolicyFile(policy.toString(), Duration.ZERO)));

    await(hello(channel(server)).otherwiseEmpty());

    Span span = collector.await("Recv." + GREETER + "SayHello");
    assertThat(span.getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
    assertThat(span.getStatus().getMessage()).isEqualTo("UNAUTHENTICATED, not authenticated");
    assertThat(span.getEventsList()).isEmpty();
  }

  @Test
  void aMethodThatNobodyHasRegisteredMakesNoNameOfItsOwn() throws Exception {
    TestServer server = start(options());
    await(channel(server)
        .unary(method("Nonsense"), HelloRequest.getDefaultInstance())
        .otherwiseEmpty());

    Span span = collector.await("Recv.other");
    assertThat(attribute(span.getAttributesList(), "url.path"))
        .isEqualTo("helloworld.Greeter/Nonsense");
    assertThat(span.getStatus().getMessage()).startsWith("UNIMPLEMENTED, ");
  }

  @Test
  void eachAttemptOfACallHasASpanAndTellsItsServer() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    TestServer back = start(
        options(),
        (request, call) -> calls.incrementAndGet() == 1
            ? Future.failedFuture(Status.UNAVAILABLE.withDescription("not yet").asException())
            : Future.succeededFuture(reply("you")));
    String retry = "{'methodConfig': [{'name': [{}], 'retryPolicy': {'maxAttempts': 2,"
        + "'initialBackoff': '0.001s', 'maxBackoff': '0.001s', 'backoffMultiplier': 1,"
        + "'retryableStatusCodes': ['UNAVAILABLE']}}]}";
    TestServer front = start(options(), (request, call) -> {
      Vertx here = call.context().owner();
      return hello(Channel.create(
              here,
              ChannelOptions.to("127.0.0.1:" + back.port())
                  .withServiceConfig(ServiceConfig.parse(retry.replace('\'', '"'))))
          .observe(Tracing.of(here)));
    });
    await(hello(channel(front)));

    Span first = collector.await(span -> span.getName().startsWith("Attempt.")
        && attribute(span.getAttributesList(), "previous-rpc-attempts").equals("0"));
    Span second = collector.await(span -> span.getName().startsWith("Attempt.")
        && attribute(span.getAttributesList(), "previous-rpc-attempts").equals("1"));
    assertThat(first.getStatus().getMessage()).isEqualTo("UNAVAILABLE, not yet");
    assertThat(attribute(second.getAttributesList(), "transparent-retry")).isEqualTo("false");
    assertThat(second.getParentSpanId()).isEqualTo(first.getParentSpanId());
    assertThat(events(first))
        .startsWith("Delayed LB pick complete")
        .contains("Outbound message 0 5");
    assertThat(events(second)).containsExactly("Outbound message 0 5", "Inbound message 0 5");
    for (Span attempt : List.of(first, second)) {
      Span served = collector.await(span -> span.getParentSpanId().equals(attempt.getSpanId()));
      assertThat(served.getName()).isEqualTo("Recv." + GREETER + "SayHello");
    }
  }

  @Test
  void aCallThatWaitsForItsServersNameSaysSo() throws Exception {
    TestServer back = start(options(), (request, call) -> Future.succeededFuture(reply("you")));
    TestServer front = start(options(), (request, call) -> {
      Vertx here = call.context().owner();
      Channel named = Channel.create(
              here,
              ChannelOptions.to("shop:1"),
              () -> here.executeBlocking(
                  () -> List.of(SocketAddress.inetSocketAddress(back.port(), "127.0.0.1"))))
          .observe(Tracing.of(here));
      return hello(named).compose(first -> hello(named));
    });
    await(hello(channel(front)));

    Span first = collector.await(span -> span.getName().startsWith("Sent."));
    Span second = collector.await(
        span -> span.getName().startsWith("Sent.") && !span.getSpanId().equals(first.getSpanId()));
    assertThat(List.of(events(first), events(second)))
        .containsExactlyInAnyOrder(List.of("Delayed name resolution complete"), List.of());
  }

  @Test
  void whatItsCallerDoesNotWantTracedIsNotTracedAnywhere() throws Exception {
    Promise<String> told = Promise.promise();
    TestServer back = start(TestServer.OPTIONS, (request, call) -> {
      told.tryComplete(call.headers().get(TRACEPARENT));
      return Future.succeededFuture(reply("you"));
    });
    TestServer front = start(options(), (request, call) -> {
      Vertx here = call.context().owner();
      return hello(Channel.create(here, ChannelOptions.to("127.0.0.1:" + back.port()))
          .observe(Tracing.of(here)));
    });

    await(hello(traced(channel(front), "00")));
    assertThat(await(told.future())).startsWith("00-" + TRACE).endsWith("-00");

    await(hello(traced(channel(front), "01")));
    collector.await("Sent." + GREETER + "SayHello");
    collector.await("Recv." + GREETER + "SayHello");
    assertThat(collector.seen()).hasSize(3);
  }

  @Test
  void callsGoOnWithoutACollector() throws Exception {
    TestServer server = start(
        TestServer.OPTIONS.withTracing(new TracingOptions("unix:/nowhere/at/all", "", "shop", 1)));
    assertThat(await(hello(channel(server))).getMessage()).isEqualTo("you");
  }

  @Test
  void writesALineForEachSpan(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("spans.log");
    TestServer server = start(
        TestServer.OPTIONS.withTracing(new TracingOptions("", file.toString(), "shop", 1)),
        (request, call) -> Future.failedFuture(
            Status.NOT_FOUND.withDescription("no \"one\"\nhere").asException()));
    await(hello(traced(channel(server), "01")).otherwiseEmpty());
    server.close();

    assertThat(Files.readString(file))
        .matches("time=\\S+Z span=Recv\\.helloworld\\.Greeter\\.SayHello status=ERROR"
            + " message=\"NOT_FOUND, no \\?one\\?\\?here\" duration_ms=\\d+\\.\\d{3} events=1"
            + " trace_id=" + TRACE + " span_id=[0-9a-f]{16} parent_id=" + CALLER + "\n");
  }

  @Test
  void namesAnEndpointThatIsNone() {
    assertThatThrownBy(() -> new TracingOptions("http://", "", "shop", 1))
        .hasMessage(
            "tracing.endpoint: http:// (expected: host:port of a collector, or https://host:port)");
  }
}
