package dev.grpcbackend.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.server.TlsOptions;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.proto.BoolValue;
import dev.grpcbackend.testing.proto.ResponseParameters;
import dev.grpcbackend.testing.proto.SimpleRequest;
import dev.grpcbackend.testing.proto.SimpleResponse;
import dev.grpcbackend.testing.proto.StreamingInputCallRequest;
import dev.grpcbackend.testing.proto.StreamingInputCallResponse;
import dev.grpcbackend.testing.proto.StreamingOutputCallRequest;
import dev.grpcbackend.testing.proto.StreamingOutputCallResponse;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.vertx.core.Future;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** grpc-java's Netty client, of the newest version, against our server: what the calls carry. */
@Timeout(120)
class GrpcJavaPeerTest {

  private static final String PEER = "test.Peer/";
  private static final Metadata.Key<String> WORDS =
      Metadata.Key.of("x-words", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> BYTES =
      Metadata.Key.of("x-bytes-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private TestServer server = TestServer.start(GrpcJavaPeerTest::register);
  private ManagedChannel channel = GrpcJava.channel(server.port());

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.close();
  }

  private static void register(GrpcServerVerticle.Builder builder) {
    builder
        .service(new TestService())
        .method(
            PEER + "Metadata",
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.unary((request, call) -> metadata(call)))
        .method(
            PEER + "Details",
            SimpleRequest.class,
            SimpleResponse.class,
            ServerCalls.unary((request, call) -> Future.failedFuture(withDetails())));
  }

  @Test
  void answersUnaryCalls() {
    SimpleResponse response = GrpcJavaCalls.unary(
        channel,
        GrpcJavaCalls.TEST_SERVICE + "UnaryCall",
        SimpleRequest.newBuilder().setResponseSize(7).build());

    assertThat(response.getPayload().getBody().size()).isEqualTo(7);
  }

  @Test
  void answersServerStreamingCalls() {
    Iterator<StreamingOutputCallResponse> responses = ClientCalls.blockingServerStreamingCall(
        channel,
        GrpcJavaCalls.output(
            GrpcJavaCalls.TEST_SERVICE + "StreamingOutputCall", MethodType.SERVER_STREAMING),
        CallOptions.DEFAULT,
        sizes(3, 0, 5));

    assertThat(responses)
        .toIterable()
        .extracting(response -> response.getPayload().getBody().size())
        .containsExactly(3, 0, 5);
  }

  @Test
  void answersClientStreamingCalls() throws Exception {
    Answers<StreamingInputCallResponse> answers = new Answers<>();
    StreamObserver<StreamingInputCallRequest> requests = ClientCalls.asyncClientStreamingCall(
        channel.newCall(
            GrpcJava.method(
                GrpcJavaCalls.TEST_SERVICE + "StreamingInputCall",
                MethodDescriptor.MethodType.CLIENT_STREAMING,
                StreamingInputCallRequest.getDefaultInstance(),
                StreamingInputCallResponse.getDefaultInstance()),
            CallOptions.DEFAULT),
        answers);
    for (int size : new int[] {3, 0, 5}) {
      requests.onNext(StreamingInputCallRequest.newBuilder()
          .setPayload(TestService.payload(size))
          .build());
    }
    requests.onCompleted();

    assertThat(answers.all())
        .extracting(StreamingInputCallResponse::getAggregatedPayloadSize)
        .containsExactly(8);
  }

  @Test
  void answersBidiStreamingCalls() throws Exception {
    Answers<StreamingOutputCallResponse> answers = new Answers<>();
    StreamObserver<StreamingOutputCallRequest> requests = ClientCalls.asyncBidiStreamingCall(
        channel.newCall(
            GrpcJava.method(
                GrpcJavaCalls.TEST_SERVICE + "FullDuplexCall",
                MethodDescriptor.MethodType.BIDI_STREAMING,
                StreamingOutputCallRequest.getDefaultInstance(),
                StreamingOutputCallResponse.getDefaultInstance()),
            CallOptions.DEFAULT),
        answers);
    requests.onNext(sizes(3));
    requests.onNext(sizes(0, 5));
    requests.onCompleted();

    assertThat(answers.all())
        .extracting(response -> response.getPayload().getBody().size())
        .containsExactly(3, 0, 5);
  }

  @Test
  void carriesMetadataBothWays() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    Metadata sent = new Metadata();
    sent.put(WORDS, "one");
    sent.put(WORDS, "two, and a comma");
    sent.put(BYTES, bytes);
    sent.put(BYTES, new byte[0]);
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();

    ClientCalls.blockingUnaryCall(
        ClientInterceptors.intercept(
            channel,
            MetadataUtils.newAttachHeadersInterceptor(sent),
            MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)),
        GrpcJavaCalls.simple(PEER + "Metadata", MethodType.UNARY),
        CallOptions.DEFAULT,
        SimpleRequest.getDefaultInstance());

    for (Metadata received : List.of(headers.get(), trailers.get())) {
      assertThat(received.getAll(WORDS)).containsExactly("one", "two, and a comma");
      assertThat(received.getAll(BYTES)).containsExactly(bytes, new byte[0]);
    }
  }

  @Test
  void compressesTheMessagesOfAStreamAsTheHandlerSays() {
    List<String> wire = new ArrayList<>();
    CallOptions traced =
        CallOptions.DEFAULT.withStreamTracerFactory(new ClientStreamTracer.Factory() {
          @Override
          public ClientStreamTracer newClientStreamTracer(
              ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
              @Override
              public void inboundMessageRead(int number, long wireSize, long uncompressedSize) {
                // grpc-java gives no uncompressed size for a message whose flag says compressed.
                boolean compressed = uncompressedSize < 0 && wireSize < 31_415;
                wire.add(number + (compressed ? " compressed" : " of " + uncompressedSize));
              }
            };
          }
        });
    StreamingOutputCallRequest request = StreamingOutputCallRequest.newBuilder()
        .addResponseParameters(parameters(31_415, true))
        .addResponseParameters(parameters(92_653, false))
        .addResponseParameters(parameters(31_415, true))
        .build();

    Iterator<StreamingOutputCallResponse> responses = ClientCalls.blockingServerStreamingCall(
        channel,
        GrpcJavaCalls.output(
            GrpcJavaCalls.TEST_SERVICE + "StreamingOutputCall", MethodType.SERVER_STREAMING),
        traced,
        request);

    assertThat(responses)
        .toIterable()
        .extracting(response -> response.getPayload().getBody().size())
        .containsExactly(31_415, 92_653, 31_415);
    int plainSize = 92_661;
    assertThat(wire).containsExactly("0 compressed", "1 of " + plainSize, "2 compressed");
  }

  @Test
  void speaksTlsWithAlpn(@TempDir Path certificates) throws Exception {
    restart(TestServer.OPTIONS.withTls(TlsOptions.of(
        PeerProcess.certificate("server1.pem", certificates),
        PeerProcess.certificate("server1.key", certificates))));
    channel.shutdownNow();
    channel = NettyChannelBuilder.forAddress(
            "127.0.0.1",
            server.port(),
            TlsChannelCredentials.newBuilder()
                .trustManager(new File(PeerProcess.certificate("ca.pem", certificates)))
                .build())
        .overrideAuthority(PeerProcess.TLS_NAME)
        .build();

    SimpleResponse response = GrpcJavaCalls.unary(
        channel,
        GrpcJavaCalls.TEST_SERVICE + "UnaryCall",
        SimpleRequest.newBuilder().setResponseSize(100_000).build());

    assertThat(response.getPayload().getBody().size()).isEqualTo(100_000);
  }

  @Test
  void carriesMessagesUpToTheLimit() {
    SimpleResponse response = GrpcJavaCalls.unary(
        channel,
        GrpcJavaCalls.TEST_SERVICE + "UnaryCall",
        SimpleRequest.newBuilder()
            .setPayload(TestService.payload((4 << 20) - 100))
            .setResponseSize((4 << 20) - 100)
            .build());

    assertThat(response.getPayload().getBody().size()).isEqualTo((4 << 20) - 100);
  }

  @Test
  void closesWithResourceExhaustedWhenARequestIsTooLarge() {
    StatusRuntimeException failure = GrpcJavaCalls.failure(
        channel,
        GrpcJavaCalls.TEST_SERVICE + "UnaryCall",
        SimpleRequest.newBuilder().setPayload(TestService.payload(4 << 20)).build());

    assertThat(failure.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.RESOURCE_EXHAUSTED);
    assertThat(failure.getStatus().getDescription()).contains("exceeds the limit of 4194304 bytes");
  }

  @Test
  void carriesTheDetailsOfAStatus() throws Exception {
    StatusRuntimeException failure =
        GrpcJavaCalls.failure(channel, PEER + "Details", SimpleRequest.getDefaultInstance());

    com.google.rpc.Status details = StatusProto.fromThrowable(failure);
    assertThat(details).isNotNull();
    assertThat(details.getCode()).isEqualTo(io.grpc.Status.Code.INVALID_ARGUMENT.value());
    assertThat(details.getMessage()).isEqualTo("bad name");
    assertThat(details.getDetails(0).unpack(StringValue.class).getValue()).isEqualTo("the detail");
  }

  private void restart(ServerOptions options) {
    channel.shutdownNow();
    server.close();
    server = TestServer.start(options, GrpcJavaPeerTest::register);
    channel = GrpcJava.channel(server.port());
  }

  private static StreamingOutputCallRequest sizes(int... sizes) {
    StreamingOutputCallRequest.Builder request = StreamingOutputCallRequest.newBuilder();
    for (int size : sizes) {
      request.addResponseParameters(parameters(size, false));
    }
    return request.build();
  }

  private static ResponseParameters parameters(int size, boolean compressed) {
    return ResponseParameters.newBuilder()
        .setSize(size)
        .setCompressed(BoolValue.newBuilder().setValue(compressed))
        .build();
  }

  private static Future<SimpleResponse> metadata(ServerCall<?, ?> call) {
    var words = dev.grpcbackend.rpc.Metadata.Key.ascii(WORDS.name());
    var bytes = dev.grpcbackend.rpc.Metadata.Key.binary(BYTES.name());
    for (String word : call.headers().getAll(words)) {
      call.responseHeaders().add(words, word);
      call.trailers().add(words, word);
    }
    for (byte[] value : call.headers().getAll(bytes)) {
      call.responseHeaders().add(bytes, value);
      call.trailers().add(bytes, value);
    }
    return Future.succeededFuture(SimpleResponse.getDefaultInstance());
  }

  private static Throwable withDetails() {
    com.google.rpc.Status details = com.google.rpc.Status.newBuilder()
        .setCode(io.grpc.Status.Code.INVALID_ARGUMENT.value())
        .setMessage("bad name")
        .addDetails(Any.pack(StringValue.of("the detail")))
        .build();
    return Status.INVALID_ARGUMENT
        .withDescription("bad name")
        .asException(new dev.grpcbackend.rpc.Metadata()
            .add(
                dev.grpcbackend.rpc.Metadata.Key.binary("grpc-status-details-bin"),
                details.toByteArray()));
  }

  /** The answers to a call of a grpc-java stub. */
  private static final class Answers<T extends Message> implements StreamObserver<T> {

    private final List<T> received = new ArrayList<>();
    private final CompletableFuture<List<T>> all = new CompletableFuture<>();

    @Override
    public void onNext(T message) {
      received.add(message);
    }

    @Override
    public void onError(Throwable failure) {
      all.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      all.complete(received);
    }

    List<T> all() throws Exception {
      return all.get(Patience.SECONDS, TimeUnit.SECONDS);
    }
  }
}
