package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.Field;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawHttp2Server;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a call is tried again (gRFC A6), against a server that says frame by frame what it does. */
@Timeout(120)
class RetryTest {

  private static final int UNAVAILABLE = 14;
  private static final int NOT_FOUND = 5;
  private static final int REFUSED_STREAM = 7;
  private static final int CANCEL = 8;

  private static final String PREVIOUS = "grpc-previous-rpc-attempts";
  private static final String PUSHBACK = "grpc-retry-pushback-ms";

  private final Vertx vertx = Vertx.vertx();

  @SuppressWarnings("NullAway.Init") // set before each test
  private RawHttp2Server server;

  @BeforeEach
  void start() throws IOException {
    server = RawHttp2Server.start();
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  @Test
  void triesOnceMoreWhatTheServerRefusedUnseen() throws Exception {
    Future<HelloReply> reply = unary(channel(""));
    RawHttp2Server.Session session = server.accept();
    RawHttp2Server.Request first = session.request();
    session.reset(first.streamId(), REFUSED_STREAM);
    RawHttp2Server.Request second = session.request();
    session.answer(second.streamId(), hello("Ada"));

    assertThat(await(reply)).isEqualTo(hello("Ada"));
    assertThat(second.body()).isEqualTo(GrpcFrames.message(name("x"))).isEqualTo(first.body());
    assertThat(second.field(PREVIOUS)).isEmpty();
  }

  @Test
  void reportsASecondRefusal() throws Exception {
    Future<HelloReply> reply = unary(channel(""));
    RawHttp2Server.Session session = server.accept();
    session.reset(session.request().streamId(), REFUSED_STREAM);
    session.reset(session.request().streamId(), REFUSED_STREAM);

    assertThat(failure(reply).getMessage())
        .isEqualTo("UNAVAILABLE: server reset the stream: REFUSED_STREAM");
  }

  @Test
  void goesToANewConnectionWithACallThatAGoAwayLeftOut() throws Exception {
    Future<HelloReply> reply = unary(channel(""));
    RawHttp2Server.Session old = server.accept();
    old.request();
    old.goAway(0, 0);
    RawHttp2Server.Session next = server.accept();
    next.answer(next.request().streamId(), hello("Ada"));

    assertThat(await(reply)).isEqualTo(hello("Ada"));
  }

  @Test
  void goesToANewConnectionWithACallThatALaterGoAwayLeftOut() throws Exception {
    Future<HelloReply> reply = unary(channel(""));
    RawHttp2Server.Session old = server.accept();
    old.request();
    old.goAway(Integer.MAX_VALUE, 0);
    old.goAway(0, 0);
    RawHttp2Server.Session next = server.accept();
    next.answer(next.request().streamId(), hello("Ada"));

    assertThat(await(reply)).isEqualTo(hello("Ada"));
  }

  @Test
  void finishesCallsThatAGoAwayLeavesInPlace() throws Exception {
    Channel channel = channel("");
    Future<HelloReply> reply = unary(channel);
    RawHttp2Server.Session old = server.accept();
    int stream = old.request().streamId();
    old.goAway(stream, 0);
    RawHttp2Server.Session next = server.accept();
    Future<HelloReply> second = unary(channel);
    next.answer(next.request().streamId(), hello("Bob"));
    old.answer(stream, hello("Ada"));

    assertThat(await(reply)).isEqualTo(hello("Ada"));
    assertThat(await(second)).isEqualTo(hello("Bob"));
  }

  @Test
  void doesNotRepeatACallThatTheServerMayHaveSeen() throws Exception {
    Future<HelloReply> reply = unary(channel(""));
    try (RawHttp2Server.Session session = server.accept()) {
      session.request();
    }

    assertThat(failure(reply).getMessage())
        .isEqualTo("UNAVAILABLE: connection to 127.0.0.1:" + server.port() + " was closed");
  }

  @Test
  void retriesAFailureOfThePolicyAndSaysSo() throws Exception {
    Future<HelloReply> reply = unary(channel(retrying(3)));
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), UNAVAILABLE);
    RawHttp2Server.Request second = session.request();
    session.fail(second.streamId(), UNAVAILABLE);
    RawHttp2Server.Request third = session.request();
    session.answer(third.streamId(), hello("Ada"));

    assertThat(await(reply)).isEqualTo(hello("Ada"));
    assertThat(second.field(PREVIOUS)).isEqualTo("1");
    assertThat(third.field(PREVIOUS)).isEqualTo("2");
  }

  @Test
  void retriesOnAnotherConnectionWhenItsOwnIsLost() throws Exception {
    Future<HelloReply> reply = unary(channel(retrying(2)));
    try (RawHttp2Server.Session session = server.accept()) {
      session.request();
    }
    RawHttp2Server.Session next = server.accept();
    next.answer(next.request().streamId(), hello("Ada"));

    assertThat(await(reply)).isEqualTo(hello("Ada"));
  }

  @Test
  void endsWithTheLastFailureAfterTheLastAttempt() throws Exception {
    Future<HelloReply> reply = unary(channel(retrying(2)));
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), UNAVAILABLE, new Field("grpc-message", "one"));
    session.fail(session.request().streamId(), UNAVAILABLE, new Field("grpc-message", "two"));

    StatusException failure = failure(reply);
    assertThat(failure.getMessage()).isEqualTo("UNAVAILABLE: two");
    assertThat(failure.attempts()).isEqualTo(2);
    assertThat(failure.server()).isEqualTo("127.0.0.1:" + server.port());
  }

  @Test
  void doesNotRetryAFailureThatThePolicyDoesNotName() throws Exception {
    Future<HelloReply> reply = unary(channel(retrying(3)));
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), NOT_FOUND);

    assertThat(failure(reply).code()).isEqualTo(GrpcStatus.NOT_FOUND);
  }

  @Test
  void doesNotRetryOnceTheServerHasAnswered() throws Exception {
    Future<HelloReply> reply = unary(channel(retrying(3)));
    RawHttp2Server.Session session = server.accept();
    int stream = session.request().streamId();
    session.headers(
        stream, false, new Field(":status", "200"), new Field("content-type", "application/grpc"));
    session.headers(stream, true, new Field("grpc-status", "14"));

    assertThat(failure(reply).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void obeysAServerThatSaysWhenOrNever() throws Exception {
    Channel channel = channel(retrying(3));
    Future<HelloReply> soon = unary(channel);
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), UNAVAILABLE, new Field(PUSHBACK, "1"));
    session.answer(session.request().streamId(), hello("Ada"));
    assertThat(await(soon)).isEqualTo(hello("Ada"));

    Future<HelloReply> never = unary(channel);
    session.fail(session.request().streamId(), UNAVAILABLE, new Field(PUSHBACK, "-1"));
    assertThat(failure(never).code()).isEqualTo(GrpcStatus.UNAVAILABLE);

    Future<HelloReply> unreadable = unary(channel);
    session.fail(session.request().streamId(), UNAVAILABLE, new Field(PUSHBACK, "soon"));
    assertThat(failure(unreadable).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void sendsAStreamOfRequestsAgain() throws Exception {
    ClientCall<HelloRequest, HelloReply> call = channel(retrying(2)).call(Greeters.TO_ALL);
    call.send(name("Ada"));
    RawHttp2Server.Session session = server.accept();
    int stream = session.frame(Frame.DATA).streamId();
    await(call.send(name("Bob")));
    session.fail(stream, UNAVAILABLE);
    session.reset(stream, 0);
    call.sendLast(name("Cleo"));
    RawHttp2Server.Request second = requestOtherThan(session, stream);
    session.answer(second.streamId(), hello("all"));

    assertThat(await(call.response())).isEqualTo(hello("all"));
    assertThat(second.body())
        .isEqualTo(GrpcFrames.message(name("Ada"))
            .concat(GrpcFrames.message(name("Bob")))
            .concat(GrpcFrames.message(name("Cleo"))));
  }

  @Test
  void doesNotRetryACallThatHasSentMoreThanIsKept() throws Exception {
    Channel channel = Channel.create(
        vertx, options(retrying(3)).withLimits(new ChannelOptions.Limits(1 << 20, 1 << 10, 10)));
    Future<HelloReply> reply = channel.unary(Greeters.SAY_HELLO, name("more than ten bytes"));
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), UNAVAILABLE);

    assertThat(failure(reply).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void doesNotRetryWhileTooManyCallsFail() throws Exception {
    Future<HelloReply> reply = unary(channel(
        "{retryThrottling: {maxTokens: 2, tokenRatio: 0.1}," + retrying(3).substring(1)));
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), UNAVAILABLE);

    assertThat(failure(reply).code()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void endsAtTheDeadlineWhileItPauses() throws Exception {
    Future<HelloReply> reply = channel(retrying(3).replace("0.001s", "60s").replace("0.01s", "60s"))
        .with(CallOptions.DEFAULTS.withTimeout(Duration.ofSeconds(1)))
        .unary(Greeters.SAY_HELLO, name("x"));
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), UNAVAILABLE);

    assertThat(failure(reply).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @Test
  void boundsCallsByTheTimeoutAndTheSizesOfTheServiceConfig() throws Exception {
    Channel channel = channel("{methodConfig: [{name: [{service: helloworld.Greeter}],"
        + " timeout: 0.5s, maxRequestMessageBytes: 10}]}");

    assertThat(failure(channel.unary(Greeters.SAY_HELLO, name("longer than ten bytes")))
            .status()
            .description())
        .isEqualTo("request message of 23 bytes exceeds the limit of 10 bytes"
            + " (maxRequestMessageBytes)");
    assertThat(failure(unary(channel)).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @Test
  void takesTheFirstAnswerOfSeveralCopiesAndCancelsTheOthers() throws Exception {
    Future<HelloReply> reply = unary(channel(hedging("0s")));
    RawHttp2Server.Session session = server.accept();
    RawHttp2Server.Request first = session.request();
    RawHttp2Server.Request second = session.request();
    session.answer(second.streamId(), hello("Ada"));

    assertThat(await(reply)).isEqualTo(hello("Ada"));
    assertThat(second.field(PREVIOUS)).isEqualTo("1");
    Frame reset = session.frame(Frame.RST_STREAM);
    assertThat(reset.streamId()).isEqualTo(first.streamId());
    assertThat(reset.integer(0)).isEqualTo(CANCEL);
  }

  @Test
  void sendsTheNextCopyAtOnceAfterAFailureThatIsNotFatal() throws Exception {
    Channel channel = channel(hedging("60s"));
    Future<HelloReply> reply = unary(channel);
    RawHttp2Server.Session session = server.accept();
    session.fail(session.request().streamId(), UNAVAILABLE);
    session.answer(session.request().streamId(), hello("Ada"));
    Future<HelloReply> fatal = unary(channel);
    session.fail(session.request().streamId(), NOT_FOUND);

    assertThat(await(reply)).isEqualTo(hello("Ada"));
    assertThat(failure(fatal).code()).isEqualTo(GrpcStatus.NOT_FOUND);
  }

  @Test
  void endsWithTheLastFailureWhenAllCopiesHaveFailed() throws Exception {
    Future<HelloReply> reply = unary(channel(hedging("0s")));
    RawHttp2Server.Session session = server.accept();
    int first = session.request().streamId();
    int second = session.request().streamId();
    session.fail(first, UNAVAILABLE, new Field("grpc-message", "one"));
    session.fail(second, UNAVAILABLE, new Field("grpc-message", "two"));

    assertThat(failure(reply).getMessage()).isEqualTo("UNAVAILABLE: two");
  }

  private static RawHttp2Server.Request requestOtherThan(RawHttp2Server.Session session, int stream)
      throws IOException {
    RawHttp2Server.Request request = session.request();
    return request.streamId() == stream ? session.request() : request;
  }

  private static String retrying(int attempts) {
    return "{methodConfig: [{name: [{}], retryPolicy: {maxAttempts: " + attempts
        + ", initialBackoff: 0.001s, maxBackoff: 0.01s, backoffMultiplier: 1,"
        + " retryableStatusCodes: [UNAVAILABLE]}}]}";
  }

  private static String hedging(String delay) {
    return "{methodConfig: [{name: [{}], hedgingPolicy: {maxAttempts: 2, hedgingDelay: " + delay
        + ", nonFatalStatusCodes: [UNAVAILABLE]}}]}";
  }

  private Channel channel(String serviceConfig) {
    return Channel.create(vertx, options(serviceConfig));
  }

  private ChannelOptions options(String serviceConfig) {
    return ChannelOptions.to("127.0.0.1:" + server.port())
        .withServiceConfig(ServiceConfig.parse(serviceConfig));
  }

  private static Future<HelloReply> unary(Channel channel) {
    return channel.unary(Greeters.SAY_HELLO, name("x"));
  }

  private static StatusException failure(Future<?> call) {
    return catchThrowableOfType(StatusException.class, () -> await(call));
  }
}
