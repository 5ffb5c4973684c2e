package dev.grpcbackend.bus;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorInfo;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.grpc.common.GrpcStatus;

/**
 * The failure of a call as a {@code ReplyException}: its code is that of the status, its message the
 * description; or, where the status has details, all of it as the JSON of a {@code google.rpc.Status}.
 */
public final class BusFailure {

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.binary("grpc-status-details-bin");

  /** The file of {@code ErrorInfo} has the other usual details, too. */
  private static final TypeRegistry USUAL_DETAILS =
      TypeRegistry.newBuilder().add(ErrorInfo.getDescriptor()).build();

  private BusFailure() {}

  /**
   * Returns why a request by the event bus failed, with the details if there are any: the status of
   * the call; UNAVAILABLE if nobody listens at the address, DEADLINE_EXCEEDED if there was no reply in
   * time.
   */
  public static StatusException of(Throwable failure) {
    if (failure instanceof StatusException status) {
      return status;
    }
    String message = String.valueOf(failure.getMessage());
    if (!(failure instanceof ReplyException reply)) {
      return Status.UNKNOWN.withDescription(message).asException();
    }
    if (reply.failureType() == ReplyFailure.NO_HANDLERS) {
      return Status.UNAVAILABLE.withDescription(message).asException();
    }
    if (reply.failureType() == ReplyFailure.TIMEOUT) {
      return Status.DEADLINE_EXCEEDED.withDescription(message).asException();
    }
    GrpcStatus known = GrpcStatus.valueOf(reply.failureCode());
    GrpcStatus code = known == null || known == GrpcStatus.OK ? GrpcStatus.UNKNOWN : known;
    if (message.startsWith("{")) {
      com.google.rpc.Status.Builder whole = com.google.rpc.Status.newBuilder();
      try {
        JsonFormat.parser().usingTypeRegistry(USUAL_DETAILS).merge(message, whole);
        return new StatusException(
            new Status(code, whole.getMessage()),
            new Metadata().add(DETAILS, whole.build().toByteArray()));
      } catch (InvalidProtocolBufferException other) {
        // A description that begins like that, or details that are known to others only.
        return new Status(code, message).asException();
      }
    }
    return new Status(code, message).asException();
  }

  /** Returns the text that goes with the code of a failure. */
  static String text(StatusException failure) {
    byte[] details = failure.trailers().get(DETAILS);
    if (details != null) {
      try {
        return JsonFormat.printer()
            .usingTypeRegistry(USUAL_DETAILS)
            .omittingInsignificantWhitespace()
            .print(com.google.rpc.Status.parseFrom(details));
      } catch (InvalidProtocolBufferException unknown) {
        return failure.status().description();
      }
    }
    return failure.status().description();
  }
}
