package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What stands between a caller and the wire. */
@Timeout(120)
class InterceptorTest {

  private static final Metadata.Key<String> STEP = Metadata.Key.ascii("step");

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path folder;

  private final Vertx vertx = Vertx.vertx();
  private final GrpcJavaServer server = Greeters.server();
  private final List<io.grpc.Metadata> received = new CopyOnWriteArrayList<>();

  @SuppressWarnings("NullAway.Init") // set before each test
  private Channel channel;

  @BeforeEach
  void start() throws Exception {
    server.intercept(new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, io.grpc.Metadata headers, ServerCallHandler<Q, R> next) {
        received.add(headers);
        return next.startCall(call, headers);
      }
    });
    channel = Channel.create(vertx, ChannelOptions.to("127.0.0.1:" + server.start()));
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  private static ClientInterceptor adding(String value) {
    return new ClientInterceptor() {
      @Override
      public <Q, R> Future<Metadata> intercept(ClientCall<Q, R> call, Next next) {
        call.requestHeaders().add(STEP, value);
        return next.start();
      }
    };
  }

  private static ClientInterceptor answering(Future<Metadata> end) {
    return new ClientInterceptor() {
      @Override
      public <Q, R> Future<Metadata> intercept(ClientCall<Q, R> call, Next next) {
        return end;
      }
    };
  }

  @Test
  void passesCallsThroughAllInOrder() throws Exception {
    Channel view = channel.intercept(adding("one")).intercept(adding("two"));

    assertThat(await(view.unary(Greeters.SAY_HELLO, name("Ada")))).isEqualTo(hello("Ada"));
    await(channel.unary(Greeters.SAY_HELLO, name("Bob")));

    assertThat(values(0, "step")).containsExactly("one", "two");
    assertThat(values(1, "step")).isEmpty();
  }

  @Test
  void keepsWhatIsSentUntilAnInterceptorIsDone() throws Exception {
    Promise<Void> gate = Promise.promise();
    Channel view = channel.intercept(new ClientInterceptor() {
      @Override
      public <Q, R> Future<Metadata> intercept(ClientCall<Q, R> call, Next next) {
        return gate.future().compose(open -> next.start());
      }
    });
    ClientCall<?, HelloReply> call = chat(view);
    assertThat(received).isEmpty();

    gate.complete();

    assertThat(await(ChannelTest.all(call.responses())))
        .containsExactly(hello("Ada"), hello("Bob"));
  }

  private static ClientCall<?, HelloReply> chat(Channel view) {
    var call = view.call(Greeters.CHAT);
    call.send(name("Ada"));
    call.sendLast(name("Bob"));
    return call;
  }

  @Test
  void seesHowCallsEnd() throws Exception {
    Promise<Metadata> end = Promise.promise();
    Channel view = channel.intercept(new ClientInterceptor() {
      @Override
      public <Q, R> Future<Metadata> intercept(ClientCall<Q, R> call, Next next) {
        Future<Metadata> outcome = next.start();
        outcome.onComplete(end);
        return outcome;
      }
    });

    await(view.unary(Greeters.SAY_HELLO, name("Ada")));

    assertThat(await(end.future())).isNotNull();
  }

  @Test
  void endsCallsThatAnInterceptorRefuses() {
    Status refusal = Status.PERMISSION_DENIED.withDescription("not today");

    assertThat(failure(channel.intercept(answering(Future.failedFuture(refusal.asException()))))
            .getMessage())
        .isEqualTo("PERMISSION_DENIED: not today");
    assertThat(failure(channel.intercept(answering(Future.failedFuture("disk is full"))))
            .getMessage())
        .startsWith("INTERNAL: a client interceptor failed")
        .endsWith("disk is full");
    assertThat(failure(channel.intercept(answering(Future.succeededFuture(Metadata.EMPTY))))
            .getMessage())
        .isEqualTo("INTERNAL: a client interceptor did not start the call");
    assertThat(received).isEmpty();
  }

  @Test
  void countsTheDeadlineWhileAnInterceptorWaits() {
    Channel view = channel
        .with(CallOptions.DEFAULTS.withTimeout(Duration.ofMillis(100)))
        .intercept(answering(Promise.<Metadata>promise().future()));

    assertThat(failure(view).code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  @Test
  void sendsTheTokenOfAFileAsItIsNow() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "one\n");
    Channel view = channel.intercept(BearerToken.ofFile(vertx, file, Duration.ZERO));
    await(view.unary(Greeters.SAY_HELLO, name("Ada")));
    Files.writeString(file, "two\n");
    await(view.unary(Greeters.SAY_HELLO, name("Ada")));
    Files.delete(file);

    assertThat(values(0, "authorization")).containsExactly("Bearer one");
    assertThat(values(1, "authorization")).containsExactly("Bearer two");
    assertThat(failure(view).code()).isEqualTo(GrpcStatus.UNAUTHENTICATED);
  }

  private List<String> values(int call, String name) {
    Iterable<String> all = received
        .get(call)
        .getAll(io.grpc.Metadata.Key.of(name, io.grpc.Metadata.ASCII_STRING_MARSHALLER));
    return all == null
        ? List.of()
        : java.util.stream.StreamSupport.stream(all.spliterator(), false).toList();
  }

  private static StatusException failure(Channel view) {
    return catchThrowableOfType(
        StatusException.class, () -> await(view.unary(Greeters.SAY_HELLO, name("x"))));
  }
}
