package dev.grpcbackend.schema;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.proto.reflection.v1.ErrorResponse;
import dev.grpcbackend.proto.reflection.v1.ServerReflectionRequest;
import dev.grpcbackend.proto.reflection.v1.ServerReflectionResponse;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * The schema of a running server, by its reflection service, v1 or the older v1alpha. Blocks, so it is
 * not for event loops; what the server's calls end with is thrown as a {@code StatusException}.
 */
public final class ServerReflection implements Schema.Source {

  private static final List<String> VERSIONS = List.of("v1", "v1alpha");

  private final Channel channel;
  private final String instead;
  private int version;

  /**
   * Creates one that asks the server of a channel.
   *
   * @param instead what users are told to do where the server has no reflection
   */
  public ServerReflection(Channel channel, String instead) {
    this.channel = channel;
    this.instead = instead;
  }

  @Override
  public List<String> services() {
    ServerReflectionResponse response =
        ask(ServerReflectionRequest.newBuilder().setListServices("*").build());
    return response.getListServicesResponse().getServiceList().stream()
        .map(service -> service.getName())
        .sorted()
        .toList();
  }

  @Override
  public Collection<FileDescriptorProto> filesOfSymbol(String symbol) {
    return files(
        ServerReflectionRequest.newBuilder().setFileContainingSymbol(symbol).build());
  }

  @Override
  public Collection<FileDescriptorProto> filesByName(String name) {
    return files(ServerReflectionRequest.newBuilder().setFileByFilename(name).build());
  }

  private Collection<FileDescriptorProto> files(ServerReflectionRequest request) {
    ServerReflectionResponse response = ask(request);
    List<FileDescriptorProto> files = new ArrayList<>();
    for (ByteString bytes : response.getFileDescriptorResponse().getFileDescriptorProtoList()) {
      try {
        files.add(FileDescriptorProto.parseFrom(bytes));
      } catch (InvalidProtocolBufferException malformed) {
        throw new SchemaException("the server's reflection sent a malformed schema");
      }
    }
    return files;
  }

  private ServerReflectionResponse ask(ServerReflectionRequest request) {
    try {
      ServerReflectionResponse response = askOnce(request);
      ErrorResponse error = response.getErrorResponse();
      if (response.hasErrorResponse() && error.getErrorCode() != GrpcStatus.NOT_FOUND.code) {
        throw new SchemaException("the server's reflection says: " + error.getErrorMessage());
      }
      return response;
    } catch (StatusException failure) {
      if (failure.code() != GrpcStatus.UNIMPLEMENTED) {
        throw failure;
      }
      if (version + 1 < VERSIONS.size()) {
        version++;
        return ask(request);
      }
      throw new SchemaException("the server does not support reflection; " + instead);
    }
  }

  private ServerReflectionResponse askOnce(ServerReflectionRequest request) {
    Method<ServerReflectionRequest, ServerReflectionResponse> method = new Method<>(
        "grpc.reflection." + VERSIONS.get(version) + ".ServerReflection",
        "ServerReflectionInfo",
        MethodType.BIDI_STREAMING,
        Marshaller.of(ServerReflectionRequest.class),
        Marshaller.of(ServerReflectionResponse.class),
        true,
        null);
    Promise<ServerReflectionResponse> answer = Promise.promise();
    ClientCall<ServerReflectionRequest, ServerReflectionResponse> call = channel.call(method);
    call.responses()
        .exceptionHandler(answer::tryFail)
        .endHandler(
            end -> answer.tryFail(new SchemaException("the server's reflection said nothing")))
        .handler(answer::tryComplete);
    call.sendLast(request).onFailure(answer::tryFail);
    return await(answer.future());
  }

  private static <T> T await(Future<T> answer) {
    try {
      return answer.toCompletionStage().toCompletableFuture().get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new SchemaException("interrupted");
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof RuntimeException known
          ? known
          : new SchemaException(String.valueOf(failure.getCause()));
    }
  }
}
