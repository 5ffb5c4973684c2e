package dev.grpcbackend.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.proto.reflection.v1.ExtensionRequest;
import dev.grpcbackend.proto.reflection.v1.ServerReflectionRequest;
import dev.grpcbackend.proto.reflection.v1.ServerReflectionResponse;
import dev.grpcbackend.proto.reflection.v1.ServiceResponse;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ReflectionServiceTest {

  private final BuiltInServer server = new BuiltInServer();

  @AfterEach
  void close() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void listsAllServicesSortedItselfIncluded(String version) throws Exception {
    ServerReflectionResponse response =
        ask(version, request().setListServices("*").build());

    assertThat(response.getListServicesResponse().getServiceList().stream()
            .map(ServiceResponse::getName))
        .containsExactly(
            "Service",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "helloworld.Greeter");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void givesFilesThatCanBeLinked(String version) throws Exception {
    for (String service : List.of(
        "helloworld.Greeter",
        "Service",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection")) {
      ServerReflectionResponse response =
          ask(version, request().setFileContainingSymbol(service).build());

      List<ByteString> files = response.getFileDescriptorResponse().getFileDescriptorProtoList();
      FileDescriptor linked = link(files);
      assertThat(linked.getServices().get(0).getFullName()).isEqualTo(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void answersManyRequestsOfOneStreamInOrderWithHostAndRequest(String version) throws Exception {
    List<ServerReflectionRequest> requests = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      requests.add(request().setFileByFilename("helloworld/greeter.proto").build());
      requests.add(request().setFileContainingSymbol("no.such" + i).build());
    }

    List<ServerReflectionResponse> responses = askAll(version, requests);

    assertThat(responses).hasSameSizeAs(requests);
    for (int i = 0; i < requests.size(); i++) {
      ServerReflectionResponse response = responses.get(i);
      assertThat(response.getOriginalRequest()).isEqualTo(requests.get(i));
      assertThat(response.getValidHost()).isEqualTo("example.org");
      assertThat(response.hasFileDescriptorResponse()).isEqualTo(i % 2 == 0);
    }
  }

  @Test
  void saysNotFoundInsideTheStream() throws Exception {
    List<ServerReflectionResponse> responses = askAll(
        "v1",
        List.of(
            request().setFileByFilename("no.proto").build(),
            request().setFileContainingSymbol("no.Symbol").build(),
            request().setFileContainingExtension(extension("no.Message", 7)).build(),
            request()
                .setFileContainingExtension(extension("helloworld.HelloReply", 7))
                .build(),
            request().setAllExtensionNumbersOfType("no.Message").build()));

    assertThat(responses.stream().map(response -> response.getErrorResponse().getErrorCode()))
        .containsExactly(5, 5, 5, 5, 5);
    assertThat(responses.stream().map(response -> response.getErrorResponse().getErrorMessage()))
        .containsExactly(
            "not found: no.proto",
            "not found: no.Symbol",
            "not found: extension 7 of no.Message",
            "not found: extension 7 of helloworld.HelloReply",
            "not found: no.Message");
  }

  @Test
  void saysUnimplementedForARequestOfNoKnownKindAndGoesOn() throws Exception {
    List<ServerReflectionResponse> responses =
        askAll("v1", List.of(request().build(), request().setListServices("").build()));

    assertThat(responses.get(0).getErrorResponse().getErrorCode()).isEqualTo(12);
    assertThat(responses.get(1).getListServicesResponse().getServiceCount()).isEqualTo(5);
  }

  @Test
  void aKnownMessageWithoutExtensionsHasAnEmptyListOfThem() throws Exception {
    ServerReflectionResponse response = ask(
        "v1", request().setAllExtensionNumbersOfType("helloworld.HelloReply").build());

    assertThat(response.hasAllExtensionNumbersResponse()).isTrue();
    assertThat(response.getAllExtensionNumbersResponse().getBaseTypeName())
        .isEqualTo("helloworld.HelloReply");
    assertThat(response.getAllExtensionNumbersResponse().getExtensionNumberList())
        .isEmpty();
  }

  @Test
  void answersBeforeTheCallerHasFinished() throws Exception {
    Received<ServerReflectionResponse> received = new Received<>();
    StreamObserver<ServerReflectionRequest> requests = ClientCalls.asyncBidiStreamingCall(
        call(
            "v1",
            ServerReflectionRequest.getDefaultInstance(),
            ServerReflectionResponse.getDefaultInstance()),
        received);

    requests.onNext(request().setListServices("").build());

    assertThat(received.next().hasListServicesResponse()).isTrue();
    requests.onCompleted();
    assertThat(received.end()).isEqualTo(Status.OK);
  }

  @Test
  void bothVersionsAreExemptFromTheDefaultDeadline() {
    assertThat(new ReflectionService(new MethodTable()).methods().stream().map(BoundMethod::method))
        .hasSize(2)
        .allMatch(method -> method.longLived());
  }

  private static ServerReflectionRequest.Builder request() {
    return ServerReflectionRequest.newBuilder().setHost("example.org");
  }

  private static ExtensionRequest extension(String type, int number) {
    return ExtensionRequest.newBuilder()
        .setContainingType(type)
        .setExtensionNumber(number)
        .build();
  }

  private ServerReflectionResponse ask(String version, ServerReflectionRequest request)
      throws Exception {
    return askAll(version, List.of(request)).get(0);
  }

  /** Sends all requests on one stream; those of v1alpha as messages of that version's own classes. */
  private List<ServerReflectionResponse> askAll(
      String version, List<ServerReflectionRequest> requests) throws Exception {
    if (version.equals("v1")) {
      return exchange(
          version,
          requests,
          ServerReflectionRequest.getDefaultInstance(),
          ServerReflectionResponse.getDefaultInstance());
    }
    List<dev.grpcbackend.proto.reflection.v1alpha.ServerReflectionRequest> old = new ArrayList<>();
    for (ServerReflectionRequest request : requests) {
      old.add(
          as(dev.grpcbackend.proto.reflection.v1alpha.ServerReflectionRequest.parser(), request));
    }
    List<ServerReflectionResponse> responses = new ArrayList<>();
    for (Message response : exchange(
        version,
        old,
        dev.grpcbackend.proto.reflection.v1alpha.ServerReflectionRequest.getDefaultInstance(),
        dev.grpcbackend.proto.reflection.v1alpha.ServerReflectionResponse.getDefaultInstance())) {
      assertThat(response.getUnknownFields().asMap()).isEmpty();
      responses.add(as(ServerReflectionResponse.parser(), response));
    }
    return responses;
  }

  private static <T> T as(Parser<T> parser, Message message) throws InvalidProtocolBufferException {
    return parser.parseFrom(message.toByteString());
  }

  private <Req extends Message, Resp extends Message> List<Resp> exchange(
      String version, List<Req> requests, Req request, Resp response) throws Exception {
    Received<Resp> received = new Received<>();
    StreamObserver<Req> sending =
        ClientCalls.asyncBidiStreamingCall(call(version, request, response), received);
    requests.forEach(sending::onNext);
    sending.onCompleted();
    assertThat(received.end()).isEqualTo(Status.OK);
    return received.rest();
  }

  private <Req extends Message, Resp extends Message> ClientCall<Req, Resp> call(
      String version, Req request, Resp response) {
    return server.call(
        "grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
        MethodType.BIDI_STREAMING,
        request,
        response);
  }

  /** Links the first of some files with the others, all of which it needs. */
  private static FileDescriptor link(List<ByteString> files) throws Exception {
    Map<String, FileDescriptorProto> byName = new LinkedHashMap<>();
    for (ByteString file : files) {
      FileDescriptorProto proto = FileDescriptorProto.parseFrom(file);
      byName.put(proto.getName(), proto);
    }
    return link(byName.keySet().iterator().next(), byName);
  }

  private static FileDescriptor link(String name, Map<String, FileDescriptorProto> files)
      throws Exception {
    FileDescriptorProto file = files.get(name);
    assertThat(file).as(name).isNotNull();
    List<FileDescriptor> imports = new ArrayList<>();
    for (String imported : file.getDependencyList()) {
      imports.add(link(imported, files));
    }
    return FileDescriptor.buildFrom(file, imports.toArray(new FileDescriptor[0]));
  }
}
