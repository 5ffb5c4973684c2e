package dev.grpcbackend.interop;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.proto.BoolValue;
import dev.grpcbackend.testing.proto.EchoStatus;
import dev.grpcbackend.testing.proto.Empty;
import dev.grpcbackend.testing.proto.ResponseParameters;
import dev.grpcbackend.testing.proto.SimpleRequest;
import dev.grpcbackend.testing.proto.SimpleResponse;
import dev.grpcbackend.testing.proto.StreamingInputCallRequest;
import dev.grpcbackend.testing.proto.StreamingInputCallResponse;
import dev.grpcbackend.testing.proto.StreamingOutputCallRequest;
import dev.grpcbackend.testing.proto.StreamingOutputCallResponse;
import dev.grpcbackend.testing.proto.TestProto;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What our client does and checks in each interop case, on a channel to any server of them. */
final class ClientCases {

  private static final Method<Empty, Empty> EMPTY_CALL =
      method("TestService", "EmptyCall", Empty.class, Empty.class);
  private static final Method<SimpleRequest, SimpleResponse> UNARY_CALL =
      method("TestService", "UnaryCall", SimpleRequest.class, SimpleResponse.class);
  private static final Method<StreamingOutputCallRequest, StreamingOutputCallResponse>
      STREAMING_OUTPUT_CALL = method(
          "TestService",
          "StreamingOutputCall",
          StreamingOutputCallRequest.class,
          StreamingOutputCallResponse.class);
  private static final Method<StreamingInputCallRequest, StreamingInputCallResponse>
      STREAMING_INPUT_CALL = method(
          "TestService",
          "StreamingInputCall",
          StreamingInputCallRequest.class,
          StreamingInputCallResponse.class);
  private static final Method<StreamingOutputCallRequest, StreamingOutputCallResponse>
      FULL_DUPLEX_CALL = method(
          "TestService",
          "FullDuplexCall",
          StreamingOutputCallRequest.class,
          StreamingOutputCallResponse.class);

  private static final int LARGE_REQUEST = 271_828;
  private static final int LARGE_RESPONSE = 314_159;
  private static final int SOAK_ITERATIONS = 20;
  private static final int[] INPUT_SIZES = {27_182, 8, 1_828, 45_904};
  private static final int[] OUTPUT_SIZES = {31_415, 9, 2_653, 58_979};

  private final Vertx vertx;
  private final Channel channel;

  ClientCases(Vertx vertx, Channel channel) {
    this.vertx = vertx;
    this.channel = channel;
  }

  private static <Req extends Message, Resp extends Message> Method<Req, Resp> method(
      String service, String name, Class<Req> request, Class<Resp> response) {
    ServiceDescriptor schema =
        Objects.requireNonNull(TestProto.getDescriptor().findServiceByName(service));
    return Method.of(
        Objects.requireNonNull(schema.findMethodByName(name)),
        Marshaller.of(request),
        Marshaller.of(response));
  }

  void emptyUnary() {
    assertThat(await(channel.unary(EMPTY_CALL, Empty.getDefaultInstance())))
        .isEqualTo(Empty.getDefaultInstance());
  }

  void largeUnary() {
    assertLarge(await(channel.unary(UNARY_CALL, large().build())));
  }

  void veryLargeRequest() {
    SimpleRequest request = SimpleRequest.newBuilder()
        .setPayload(TestService.payload(10 << 20))
        .setResponseSize(10)
        .build();

    SimpleResponse response = await(channel.unary(UNARY_CALL, request));

    assertThat(response.getPayload().getBody().size()).isEqualTo(10);
  }

  void clientCompressedUnary() {
    // The probe: a server that does not check would pass all that follows, whatever we send.
    StatusException refused = Replies.failure(
        channel.unary(UNARY_CALL, large().setExpectCompressed(is(true)).build()));
    assertThat(refused.code()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);

    clientCompressedUnaryWithoutProbe();
  }

  void clientCompressedUnaryWithoutProbe() {
    assertLarge(await(
        compressing().unary(UNARY_CALL, large().setExpectCompressed(is(true)).build())));
    assertLarge(
        await(channel.unary(UNARY_CALL, large().setExpectCompressed(is(false)).build())));
  }

  void serverCompressedUnary() {
    for (boolean compressed : new boolean[] {true, false}) {
      ClientCall<SimpleRequest, SimpleResponse> call = channel.call(UNARY_CALL);
      call.sendLast(large().setResponseCompressed(is(compressed)).build());

      assertLarge(await(call.response()));
      assertThat(call.responseCompressed()).isEqualTo(compressed);
    }
  }

  void clientStreaming() {
    ClientCall<StreamingInputCallRequest, StreamingInputCallResponse> call =
        channel.call(STREAMING_INPUT_CALL);
    for (int size : INPUT_SIZES) {
      call.send(input(size).build());
    }
    call.halfClose();

    assertThat(await(call.response()).getAggregatedPayloadSize()).isEqualTo(74_922);
  }

  void clientCompressedStreaming() {
    ClientCall<StreamingInputCallRequest, StreamingInputCallResponse> probe =
        channel.call(STREAMING_INPUT_CALL);
    probe.sendLast(input(27_182).setExpectCompressed(is(true)).build());
    assertThat(Replies.failure(probe.response()).code()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);

    clientCompressedStreamingWithoutProbe();
  }

  void clientCompressedStreamingWithoutProbe() {
    ClientCall<StreamingInputCallRequest, StreamingInputCallResponse> call =
        compressing().call(STREAMING_INPUT_CALL);
    call.send(input(27_182).setExpectCompressed(is(true)).build());
    call.compression(false);
    call.sendLast(input(45_904).setExpectCompressed(is(false)).build());

    assertThat(await(call.response()).getAggregatedPayloadSize()).isEqualTo(73_086);
  }

  void serverStreaming() {
    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call =
        channel.call(STREAMING_OUTPUT_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(call);
    StreamingOutputCallRequest.Builder request = StreamingOutputCallRequest.newBuilder();
    for (int size : OUTPUT_SIZES) {
      request.addResponseParameters(ResponseParameters.newBuilder().setSize(size));
    }
    call.sendLast(request.build());

    assertThat(replies.rest())
        .extracting(reply -> reply.message().getPayload().getBody().size())
        .containsExactly(Arrays.stream(OUTPUT_SIZES).boxed().toArray(Integer[]::new));
  }

  void serverCompressedStreaming() {
    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call =
        channel.call(STREAMING_OUTPUT_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(call);
    call.sendLast(StreamingOutputCallRequest.newBuilder()
        .addResponseParameters(
            ResponseParameters.newBuilder().setSize(31_415).setCompressed(is(true)))
        .addResponseParameters(
            ResponseParameters.newBuilder().setSize(92_653).setCompressed(is(false)))
        .build());

    List<Replies.Reply<StreamingOutputCallResponse>> all = replies.rest();
    assertThat(all)
        .extracting(reply -> reply.message().getPayload().getBody().size())
        .containsExactly(31_415, 92_653);
    assertThat(all).extracting(Replies.Reply::compressed).containsExactly(true, false);
  }

  void pingPong() throws InterruptedException {
    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call =
        channel.call(FULL_DUPLEX_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(call);
    for (int i = 0; i < OUTPUT_SIZES.length; i++) {
      call.send(output(OUTPUT_SIZES[i], INPUT_SIZES[i]));
      assertThat(replies.next().message().getPayload().getBody().size()).isEqualTo(OUTPUT_SIZES[i]);
    }
    call.halfClose();

    assertThat(replies.rest()).isEmpty();
  }

  void emptyStream() {
    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call =
        channel.call(FULL_DUPLEX_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(call);
    call.halfClose();

    assertThat(replies.rest()).isEmpty();
  }

  void customMetadata() {
    byte[] trailing = {(byte) 0xAB, (byte) 0xAB, (byte) 0xAB};
    Channel talking = channel.with(CallOptions.DEFAULTS.withMetadata(new Metadata()
        .add(TestService.ECHO_INITIAL, "test_initial_metadata_value")
        .add(TestService.ECHO_TRAILING, trailing)));

    ClientCall<SimpleRequest, SimpleResponse> unary = talking.call(UNARY_CALL);
    unary.sendLast(large().build());
    assertLarge(await(unary.response()));
    assertEchoed(unary, trailing);

    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> duplex =
        talking.call(FULL_DUPLEX_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(duplex);
    duplex.sendLast(output(LARGE_RESPONSE, LARGE_REQUEST));
    assertThat(replies.rest()).hasSize(1);
    assertEchoed(duplex, trailing);
  }

  private static void assertEchoed(ClientCall<?, ?> call, byte[] trailing) {
    assertThat(await(call.headers()).get(TestService.ECHO_INITIAL))
        .isEqualTo("test_initial_metadata_value");
    assertThat(await(call.trailers()).get(TestService.ECHO_TRAILING)).isEqualTo(trailing);
  }

  void statusCodeAndMessage() {
    EchoStatus asked =
        EchoStatus.newBuilder().setCode(2).setMessage("test status message").build();
    Status expected = Status.UNKNOWN.withDescription("test status message");

    StatusException unary = Replies.failure(channel.unary(
        UNARY_CALL, SimpleRequest.newBuilder().setResponseStatus(asked).build()));
    assertThat(unary.status()).isEqualTo(expected);

    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> duplex =
        channel.call(FULL_DUPLEX_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(duplex);
    duplex.sendLast(
        StreamingOutputCallRequest.newBuilder().setResponseStatus(asked).build());
    assertThat(replies.failure().status()).isEqualTo(expected);
  }

  void specialStatusMessage() {
    String message =
        "\t\ntest with whitespace\r\nand Unicode BMP \u263A and non-BMP \uD83D\uDE08\t\n";

    StatusException failure = Replies.failure(channel.unary(
        UNARY_CALL,
        SimpleRequest.newBuilder()
            .setResponseStatus(EchoStatus.newBuilder().setCode(2).setMessage(message))
            .build()));

    assertThat(failure.status()).isEqualTo(Status.UNKNOWN.withDescription(message));
  }

  void unimplementedMethod() {
    assertUnimplemented("TestService");
  }

  void unimplementedService() {
    assertUnimplemented("UnimplementedService");
  }

  private void assertUnimplemented(String service) {
    Method<Empty, Empty> method = method(service, "UnimplementedCall", Empty.class, Empty.class);

    assertThat(
            Replies.failure(channel.unary(method, Empty.getDefaultInstance())).code())
        .isEqualTo(GrpcStatus.UNIMPLEMENTED);
  }

  void cancelAfterBegin() {
    ClientCall<StreamingInputCallRequest, StreamingInputCallResponse> call =
        channel.call(STREAMING_INPUT_CALL);
    call.sendHeaders();
    call.cancel();

    assertThat(Replies.failure(call.response()).code()).isEqualTo(GrpcStatus.CANCELLED);
  }

  void cancelAfterFirstResponse() throws InterruptedException {
    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call =
        channel.call(FULL_DUPLEX_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(call);
    call.send(output(31_415, 27_182));
    replies.next();
    call.cancel();

    assertThat(replies.failure().code()).isEqualTo(GrpcStatus.CANCELLED);
  }

  void timeoutOnSleepingServer() {
    ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call =
        channel.with(CallOptions.DEFAULTS.withTimeout(Duration.ofMillis(1))).call(FULL_DUPLEX_CALL);
    Replies<StreamingOutputCallResponse> replies = new Replies<>(call);
    call.send(StreamingOutputCallRequest.newBuilder()
        .setPayload(TestService.payload(27_182))
        .build());

    assertThat(replies.failure().code()).isEqualTo(GrpcStatus.DEADLINE_EXCEEDED);
  }

  void rpcSoak() {
    for (int i = 0; i < SOAK_ITERATIONS; i++) {
      largeUnary();
    }
  }

  void channelSoak() {
    for (int i = 0; i < SOAK_ITERATIONS; i++) {
      Channel another = Channel.create(vertx, channel.options());
      new ClientCases(vertx, another).largeUnary();
      await(another.close());
    }
  }

  private Channel compressing() {
    return channel.with(CallOptions.DEFAULTS.withCompression(true));
  }

  private static SimpleRequest.Builder large() {
    return SimpleRequest.newBuilder()
        .setResponseSize(LARGE_RESPONSE)
        .setPayload(TestService.payload(LARGE_REQUEST));
  }

  private static void assertLarge(SimpleResponse response) {
    assertThat(response.getPayload()).isEqualTo(TestService.payload(LARGE_RESPONSE));
  }

  private static StreamingInputCallRequest.Builder input(int size) {
    return StreamingInputCallRequest.newBuilder().setPayload(TestService.payload(size));
  }

  private static StreamingOutputCallRequest output(int responseSize, int requestSize) {
    return StreamingOutputCallRequest.newBuilder()
        .addResponseParameters(ResponseParameters.newBuilder().setSize(responseSize))
        .setPayload(TestService.payload(requestSize))
        .build();
  }

  private static BoolValue is(boolean value) {
    return BoolValue.newBuilder().setValue(value).build();
  }
}
