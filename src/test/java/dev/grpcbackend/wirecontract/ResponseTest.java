package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.greeting;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.method;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.testing.Field;
import dev.grpcbackend.testing.Frame;
import dev.grpcbackend.testing.GrpcFrames;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RequestFields;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The frames of a response: order, headers, status, trailers, compression. */
@Timeout(120)
class ResponseTest {

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.binary("grpc-status-details-bin");

  @RegisterExtension
  static final WireServer SERVER = new WireServer(ResponseTest::register);

  private static void register(GrpcServerVerticle.Builder server) {
    server
        .intercept(new Refuser())
        .method(method("t.T/Fail", ServerCalls.unary((request, call) -> fail(request))))
        .method(method("t.T/Throw", ServerCalls.unary((request, call) -> {
          throw new IllegalStateException("secret");
        })))
        .method(method("t.T/Error", ServerCalls.unary((request, call) -> {
          throw new AssertionError("secret");
        })))
        .method(method(
            "t.T/Async", ServerCalls.unary((request, call) -> Future.failedFuture("secret"))))
        .method(method("t.T/Null", ServerCalls.unary((request, call) -> nothing())))
        .method(method(
            "t.T/NullMessage", ServerCalls.unary((request, call) -> Future.succeededFuture())))
        .method(method("t.T/FailLate", ServerCalls.serverStreaming((request, call) -> {
          call.send(greeting("Ada"));
          return Future.failedFuture(Status.ABORTED.withDescription("after one").asException());
        })))
        .method(method("t.T/FailWithTrailers", ServerCalls.unary((request, call) -> {
          call.responseHeaders().add("x-head", "1");
          call.trailers().add("x-trailer", "2");
          return Future.failedFuture(new StatusException(
              Status.UNAVAILABLE.withDescription("busy"),
              new Metadata().add("grpc-retry-pushback-ms", "250")));
        })))
        .method(method("t.T/Details", ServerCalls.unary((request, call) -> {
          byte[] details = com.google.rpc.Status.newBuilder()
              .setCode(8)
              .setMessage("too much")
              .addDetails(com.google.protobuf.Any.pack(RetryInfo.getDefaultInstance()))
              .build()
              .toByteArray();
          return Future.failedFuture(new StatusException(
              Status.RESOURCE_EXHAUSTED.withDescription("too much"),
              new Metadata().add(DETAILS, details)));
        })))
        .method(method("t.T/LargeDetails", ServerCalls.unary((request, call) -> {
          call.trailers().add("x-kept", "yes");
          return Future.failedFuture(new StatusException(
              Status.INTERNAL.withDescription("large"),
              new Metadata().add(DETAILS, new byte[16 << 10])));
        })))
        .method(method("t.T/HeadersFirst", ServerCalls.serverStreaming((request, call) -> {
          call.responseHeaders().add("x-head", "1");
          call.sendHeaders();
          return Future.failedFuture(Status.NOT_FOUND.withDescription("later").asException());
        })))
        .method(method(
            "t.T/Empty", ServerCalls.serverStreaming((request, call) -> Future.succeededFuture())))
        .method(method("t.T/Twice", ServerCalls.unary((request, call) -> {
          call.send(greeting("early"));
          return Future.succeededFuture(greeting("again"));
        })))
        .method(method("t.T/Plain", ServerCalls.unary((request, call) -> {
          call.compression(false);
          return Future.succeededFuture(greeting("a".repeat(5_000)));
        })))
        .method(method("t.T/Large", ServerCalls.serverStreaming((request, call) -> {
          call.send(greeting("a".repeat(5_000)));
          return call.send(greeting("small"));
        })));
  }

  private static Future<HelloReply> fail(HelloRequest request) {
    GrpcStatus code = GrpcStatus.valueOf(request.getName());
    return Future.failedFuture(
        new Status(code, "é%~\n " + code.name().toLowerCase(Locale.ROOT)).asException());
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals", "unchecked"
  }) // a broken handler, on purpose
  private static <T> T nothing() {
    @Nullable Object none = null;
    return (T) none;
  }

  /** Refuses calls that say so, as an authentication would. */
  private static final class Refuser implements ServerInterceptor {
    @Override
    public <Req, Resp> Future<Void> intercept(
        ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
      String code = call.headers().get("deny");
      return code == null
          ? next.handle(call)
          : Future.failedFuture(new Status(
                  code.equals("16") ? GrpcStatus.UNAUTHENTICATED : GrpcStatus.PERMISSION_DENIED,
                  "denied")
              .asException());
    }
  }

  private static Outcome call(String method) {
    return SERVER.call(RequestFields.grpc("/t.T/" + method), hello("Ada"));
  }

  @Test
  void sendsHeadersThenDataThenTrailersThatEndTheStream() {
    RawResponse response = SERVER.call(Greeters.sayHello(), hello("Ada")).response();
    assertThat(response.frames().stream().map(Frame::type))
        .containsExactly(Frame.HEADERS, Frame.DATA, Frame.HEADERS);
    assertThat(response.frames().stream().map(Frame::endsStream))
        .containsExactly(false, false, true);
    assertThat(response.header("content-type")).hasValue("application/grpc");
    assertThat(response.header("grpc-accept-encoding")).hasValue("gzip");
    assertThat(response.trailer("grpc-status")).hasValue("0");
    assertThat(response.trailer("grpc-message")).isEmpty();
    assertThat(response.header("content-length")).isEmpty();
  }

  @Test
  void sendsOneBlockForAFailureBeforeTheFirstMessage() {
    RawResponse response = call("FailWithTrailers").refusedWith(14).response();
    Frame block = response.headerBlocks().get(0);
    assertThat(block.fields().stream().map(Field::name))
        .startsWith(":status")
        .contains("content-type", "grpc-status", "grpc-message", "x-trailer")
        .doesNotContain("content-length")
        .allMatch(name -> name.equals(name.toLowerCase(Locale.ROOT)));
    assertThat(block.field("grpc-retry-pushback-ms")).hasValue("250");
  }

  @Test
  void putsUserTrailersAfterTheStatus() {
    List<String> names = call("FailWithTrailers").response().headerBlocks().get(0).fields().stream()
        .map(Field::name)
        .toList();
    assertThat(names.indexOf("x-trailer")).isGreaterThan(names.indexOf("grpc-status"));
  }

  @Test
  void sendsTheStatusInTrailersAfterTheFirstMessage() {
    Outcome outcome = call("FailLate").status(10).message("after one");
    assertThat(outcome.response().messages()).containsExactly(GrpcFrames.message(greeting("Ada")));
    assertThat(outcome.response().header("grpc-status")).isEmpty();
    outcome.handlerStartsAndConnectionSurvives(0);
  }

  @Test
  void sendsTheStatusInTrailersAfterAnExplicitHead() {
    Outcome outcome = call("HeadersFirst").status(5).header("x-head", "1");
    assertThat(outcome.response().headerBlocks()).hasSize(2);
    assertThat(outcome.response().body()).isEmpty();
  }

  @Test
  void endsAStreamWithoutMessagesByStatusOk() {
    RawResponse response = call("Empty").status(0).response();
    assertThat(response.header("content-type")).hasValue("application/grpc");
    assertThat(response.body()).isEmpty();
    assertThat(response.frames().get(response.frames().size() - 1).type()).isEqualTo(Frame.HEADERS);
  }

  @ParameterizedTest
  @EnumSource(
      value = GrpcStatus.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"OK"})
  void sendsEveryStatusInDecimalWithItsMessagePercentEncoded(GrpcStatus code) {
    Outcome outcome = SERVER.call(RequestFields.grpc("/t.T/Fail"), hello(code.name()));
    outcome.refusedWith(code.code).header("grpc-status", Integer.toString(code.code));
    String name = code.name().toLowerCase(Locale.ROOT);
    assertThat(outcome.response().grpcMessage())
        .isIn("%C3%A9%25~%0A " + name, "%C3%A9%25%7E%0A " + name);
    outcome.noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Throw", "Error", "Async", "Null", "NullMessage"})
  void tellsNothingOfAnUnexpectedFailure(String method) {
    Outcome outcome = call(method).refusedWith(2).message("internal error");
    assertThat(outcome.response().toString()).doesNotContain("secret").doesNotContain("Exception");
    outcome.noHandlerAndConnectionSurvives();
  }

  @Test
  void sendsDetailsThatAgreeWithTheStatus() throws InvalidProtocolBufferException {
    RawResponse response = call("Details").refusedWith(8).response();
    String details = response.trailer("grpc-status-details-bin").orElseThrow();
    assertThat(details).doesNotContain("=");
    com.google.rpc.Status rich =
        com.google.rpc.Status.parseFrom(Base64.getDecoder().decode(details));
    assertThat(rich.getCode()).isEqualTo(8);
    assertThat(rich.getMessage()).isEqualTo(response.grpcMessage());
    assertThat(rich.getDetailsList()).hasSize(1);
  }

  @Test
  void dropsDetailsBeforeTheTrailersGrowBeyondTheirLimit() {
    RawResponse response = call("LargeDetails").refusedWith(13).message("large").response();
    assertThat(response.trailer("grpc-status-details-bin")).isEmpty();
    assertThat(response.trailer("x-kept")).hasValue("yes");
  }

  @Test
  void sendsOneMessageOnlyWhereThereMustBeOne() {
    Outcome outcome = call("Twice");
    assertThat(outcome.response().grpcStatus()).hasValue(2);
    assertThat(outcome.response().messages().size()).isLessThanOrEqualTo(1);
    outcome.noHandlerAndConnectionSurvives();
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 7})
  void refusesACallThatAnInterceptorDoesNotLetPass(int code) {
    SERVER
        .call(Greeters.sayHello().with("deny", Integer.toString(code)), hello("Ada"))
        .refusedWith(code)
        .message("denied")
        .noHandlerAndConnectionSurvives();
  }

  @Test
  void compressesLargeMessagesForThoseWhoAcceptGzip() throws Exception {
    RawResponse response = SERVER
        .call(
            RequestFields.grpc("/t.T/Large").with("grpc-accept-encoding", "br, gzip"), hello("Ada"))
        .status(0)
        .header("grpc-encoding", "gzip")
        .response();
    ByteString first = response.messages().get(0);
    assertThat(first.byteAt(0)).isEqualTo((byte) 1);
    byte[] inflated = new GZIPInputStream(GrpcFrames.payload(first).newInput()).readAllBytes();
    assertThat(HelloReply.parseFrom(inflated)).isEqualTo(greeting("a".repeat(5_000)));
    assertThat(response.messages().get(1)).isEqualTo(GrpcFrames.message(greeting("small")));
    assertThat(response.headerBlocks().get(0).fields().stream()
            .filter(field -> field.name().equals("grpc-encoding")))
        .hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "br", "", "xgzip", "gzipx"})
  void compressesNothingForOthers(String accepted) {
    RawResponse response = SERVER
        .call(RequestFields.grpc("/t.T/Large").with("grpc-accept-encoding", accepted), hello("Ada"))
        .status(0)
        .response();
    assertThat(response.header("grpc-encoding").orElse("identity")).isEqualTo("identity");
    assertThat(response.messages().get(0))
        .isEqualTo(GrpcFrames.message(greeting("a".repeat(5_000))));
  }

  @Test
  void compressesNothingThatTheCallSaysNotTo() {
    RawResponse response = SERVER
        .call(RequestFields.grpc("/t.T/Plain").with("grpc-accept-encoding", "gzip"), hello("Ada"))
        .status(0)
        .response();
    assertThat(response.messages())
        .containsExactly(GrpcFrames.message(greeting("a".repeat(5_000))));
  }
}
