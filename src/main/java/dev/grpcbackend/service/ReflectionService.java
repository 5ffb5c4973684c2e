package dev.grpcbackend.service;

import static dev.grpcbackend.call.ServerCalls.bidi;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.proto.reflection.v1.ErrorResponse;
import dev.grpcbackend.proto.reflection.v1.ExtensionNumberResponse;
import dev.grpcbackend.proto.reflection.v1.FileDescriptorResponse;
import dev.grpcbackend.proto.reflection.v1.ListServiceResponse;
import dev.grpcbackend.proto.reflection.v1.ReflectionProto;
import dev.grpcbackend.proto.reflection.v1.ServerReflectionRequest;
import dev.grpcbackend.proto.reflection.v1.ServerReflectionResponse;
import dev.grpcbackend.proto.reflection.v1.ServiceResponse;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import io.vertx.core.Future;
import io.vertx.core.streams.ReadStream;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code grpc.reflection.v1.ServerReflection} and its older name {@code v1alpha}, whose messages
 * have the same bytes. Answers the requests of a stream in order, one each; what is not found is an
 * error in the answer, not the end of the stream. A file is followed by all that it imports, also by
 * what earlier answers of the stream held already, so that each answer can be used alone.
 *
 * <p>It describes all methods of a table, itself included, and reads it at the first request: it may
 * be made, and its own methods added, before the table is complete. Make one for each table.
 */
public final class ReflectionService implements BindableService {

  private final MethodTable methods;
  // Two calls on two event loops may both build it; either result is right.
  private volatile @Nullable ReflectionIndex index;

  public ReflectionService(MethodTable methods) {
    this.methods = methods;
  }

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        bind(ReflectionProto.getDescriptor()),
        bind(dev.grpcbackend.proto.reflection.v1alpha.ReflectionProto.getDescriptor()));
  }

  private BoundMethod<ServerReflectionRequest, ServerReflectionResponse> bind(FileDescriptor file) {
    MethodDescriptor method = file.getServices().get(0).getMethods().get(0);
    return new BoundMethod<>(
        Method.of(
                method,
                Marshaller.of(ServerReflectionRequest.class),
                Marshaller.of(ServerReflectionResponse.class))
            .asLongLived(),
        bidi(this::answerAll));
  }

  private Future<Void> answerAll(
      ReadStream<ServerReflectionRequest> requests,
      ServerCall<ServerReflectionRequest, ServerReflectionResponse> call) {
    ReflectionIndex known = index();
    return AnswerEach.of(requests, call, request -> answer(request, known));
  }

  private ReflectionIndex index() {
    ReflectionIndex built = index;
    if (built == null) {
      built = new ReflectionIndex(methods.serviceNames(), methods.files());
      index = built;
    }
    return built;
  }

  static ServerReflectionResponse answer(ServerReflectionRequest request, ReflectionIndex index) {
    ServerReflectionResponse.Builder response = ServerReflectionResponse.newBuilder()
        .setValidHost(request.getHost())
        .setOriginalRequest(request);
    switch (request.getMessageRequestCase()) {
      case FILE_BY_FILENAME ->
        files(
            response, index, index.file(request.getFileByFilename()), request.getFileByFilename());
      case FILE_CONTAINING_SYMBOL ->
        files(
            response,
            index,
            index.fileOfSymbol(request.getFileContainingSymbol()),
            request.getFileContainingSymbol());
      case FILE_CONTAINING_EXTENSION -> {
        String message = request.getFileContainingExtension().getContainingType();
        int number = request.getFileContainingExtension().getExtensionNumber();
        files(
            response,
            index,
            index.fileOfExtension(message, number),
            "extension " + number + " of " + message);
      }
      case ALL_EXTENSION_NUMBERS_OF_TYPE ->
        extensionNumbers(response, index, request.getAllExtensionNumbersOfType());
      case LIST_SERVICES -> {
        ListServiceResponse.Builder services = ListServiceResponse.newBuilder();
        index
            .services()
            .forEach(name -> services.addService(ServiceResponse.newBuilder().setName(name)));
        response.setListServicesResponse(services);
      }
      case MESSAGEREQUEST_NOT_SET ->
        error(response, GrpcStatus.UNIMPLEMENTED, "unknown kind of request");
    }
    return response.build();
  }

  private static void files(
      ServerReflectionResponse.Builder response,
      ReflectionIndex index,
      @Nullable FileDescriptor file,
      String asked) {
    if (file == null) {
      error(response, GrpcStatus.NOT_FOUND, "not found: " + Excerpt.of(asked));
    } else {
      response.setFileDescriptorResponse(
          FileDescriptorResponse.newBuilder().addAllFileDescriptorProto(index.withImports(file)));
    }
  }

  private static void extensionNumbers(
      ServerReflectionResponse.Builder response, ReflectionIndex index, String message) {
    Collection<Integer> numbers = index.extensionNumbers(message);
    if (numbers == null) {
      error(response, GrpcStatus.NOT_FOUND, "not found: " + Excerpt.of(message));
    } else {
      response.setAllExtensionNumbersResponse(ExtensionNumberResponse.newBuilder()
          .setBaseTypeName(message)
          .addAllExtensionNumber(numbers));
    }
  }

  private static void error(
      ServerReflectionResponse.Builder response, GrpcStatus code, String message) {
    response.setErrorResponse(
        ErrorResponse.newBuilder().setErrorCode(code.code).setErrorMessage(message));
  }
}
