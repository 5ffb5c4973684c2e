package dev.grpcbackend.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

/**
 * A failure with details, a {@code google.rpc.Status}: it travels in the trailer {@code
 * grpc-status-details-bin} beside the plain status, with the same code and message.
 */
public final class RichStatus {

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.binary("grpc-status-details-bin");

  private RichStatus() {}

  /**
   * Returns the exception that ends a call with this status and its details.
   *
   * @throws IllegalArgumentException if the code is OK or none of gRPC's
   */
  public static StatusException asException(com.google.rpc.Status status) {
    GrpcStatus code = GrpcStatus.valueOf(status.getCode());
    if (code == null) {
      throw new IllegalArgumentException("code: " + status.getCode() + " (expected: 1 to 16)");
    }
    return new Status(code, status.getMessage())
        .asException(new Metadata().add(DETAILS, status.toByteArray()));
  }

  /** Returns the details of a failure, null if it has none or they are malformed. */
  public static com.google.rpc.@Nullable Status of(StatusException failure) {
    byte[] details = failure.trailers().get(DETAILS);
    return details == null ? null : parse(details);
  }

  static <T extends Message> @Nullable T detail(StatusException failure, Class<T> type) {
    com.google.rpc.Status rich = of(failure);
    if (rich == null) {
      return null;
    }
    for (Any detail : rich.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return detail.unpack(type);
        } catch (InvalidProtocolBufferException malformed) {
          return null;
        }
      }
    }
    return null;
  }

  /** Returns the details that the value of the trailer holds, null if it is malformed. */
  public static com.google.rpc.@Nullable Status parse(byte[] details) {
    try {
      return com.google.rpc.Status.parseFrom(details);
    } catch (InvalidProtocolBufferException malformed) {
      return null;
    }
  }
}
