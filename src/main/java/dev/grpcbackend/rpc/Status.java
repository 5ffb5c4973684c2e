package dev.grpcbackend.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Arrays;
import java.util.Objects;

/**
 * The outcome of a call: a code and, where there is something to add, a description in plain words.
 *
 * @param code one of the 17 codes of gRPC's {@code statuscodes.md}
 * @param description never null, empty when there is none; lower case, no full stop, with the value
 *     and the bound that it is about
 */
public record Status(GrpcStatus code, String description) {

  public static final Status OK = new Status(GrpcStatus.OK, "");
  public static final Status CANCELLED = new Status(GrpcStatus.CANCELLED, "");
  public static final Status UNKNOWN = new Status(GrpcStatus.UNKNOWN, "");
  public static final Status INVALID_ARGUMENT = new Status(GrpcStatus.INVALID_ARGUMENT, "");
  public static final Status DEADLINE_EXCEEDED = new Status(GrpcStatus.DEADLINE_EXCEEDED, "");
  public static final Status NOT_FOUND = new Status(GrpcStatus.NOT_FOUND, "");
  public static final Status ALREADY_EXISTS = new Status(GrpcStatus.ALREADY_EXISTS, "");
  public static final Status PERMISSION_DENIED = new Status(GrpcStatus.PERMISSION_DENIED, "");
  public static final Status RESOURCE_EXHAUSTED = new Status(GrpcStatus.RESOURCE_EXHAUSTED, "");
  public static final Status FAILED_PRECONDITION = new Status(GrpcStatus.FAILED_PRECONDITION, "");
  public static final Status ABORTED = new Status(GrpcStatus.ABORTED, "");
  public static final Status OUT_OF_RANGE = new Status(GrpcStatus.OUT_OF_RANGE, "");
  public static final Status UNIMPLEMENTED = new Status(GrpcStatus.UNIMPLEMENTED, "");
  public static final Status INTERNAL = new Status(GrpcStatus.INTERNAL, "");
  public static final Status UNAVAILABLE = new Status(GrpcStatus.UNAVAILABLE, "");
  public static final Status DATA_LOSS = new Status(GrpcStatus.DATA_LOSS, "");
  public static final Status UNAUTHENTICATED = new Status(GrpcStatus.UNAUTHENTICATED, "");

  public Status {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(description, "description");
  }

  /** Returns this status with another description. */
  public Status withDescription(String description) {
    return new Status(code, description);
  }

  public boolean isOk() {
    return code == GrpcStatus.OK;
  }

  /** Returns an exception that ends a call with this status. */
  public StatusException asException() {
    return new StatusException(this, Metadata.EMPTY);
  }

  /** Returns an exception that ends a call with this status and sends {@code trailers} with it. */
  public StatusException asException(Metadata trailers) {
    return new StatusException(this, trailers);
  }

  /**
   * Returns an exception that ends a call with this status and the given details, for example a
   * {@code google.rpc.ErrorInfo}; the other side reads them by {@link StatusException#detail}.
   */
  public StatusException withDetails(Message... details) {
    return RichStatus.asException(com.google.rpc.Status.newBuilder()
        .setCode(code.code)
        .setMessage(description)
        .addAllDetails(Arrays.stream(details).map(Any::pack).toList())
        .build());
  }

  /** {@code NOT_FOUND: no such order}, or the bare name of the code. */
  @Override
  public String toString() {
    return description.isEmpty() ? code.name() : code.name() + ": " + description;
  }
}
